# Chooses the slot: the first in BOOT_ORDER that has attempts left and whose files are whole. RAUC and this
# script share the variables. U-Boot computes in hexadecimal.
test -n "${BOOT_ORDER}" || setenv BOOT_ORDER "A B"
test -n "${BOOT_A_LEFT}" || setenv BOOT_A_LEFT 3
test -n "${BOOT_B_LEFT}" || setenv BOOT_B_LEFT 3
# What the firmware found out about the board.
fdt addr ${fdt_addr}
fdt get value firmware_arguments /chosen bootargs || setenv firmware_arguments

for slot in ${BOOT_ORDER}; do
  setenv left 0
  if test "${slot}" = A; then setenv left ${BOOT_A_LEFT}; fi
  if test "${slot}" = B; then setenv left ${BOOT_B_LEFT}; fi
  setenv whole 0
  if test ${left} -gt 0; then
    setenv hall24_arguments
    setenv hall24_kernel
    setenv hall24_initrd
    setenv found_kernel kernel
    setenv found_initrd initrd
    if part number mmc 0 boot${slot} number && load mmc 0:${number} ${pxefile_addr_r} slot.env; then
      env import -t ${pxefile_addr_r} ${filesize} hall24_arguments hall24_kernel hall24_initrd
      if load mmc 0:${number} ${kernel_addr_r} kernel; then
        hash sha256 ${kernel_addr_r} ${filesize} found_kernel
      fi
      if load mmc 0:${number} ${ramdisk_addr_r} initrd; then
        setenv initrd_size ${filesize}
        hash sha256 ${ramdisk_addr_r} ${filesize} found_initrd
      fi
    fi
    if test "${found_kernel}" = "${hall24_kernel}" && test "${found_initrd}" = "${hall24_initrd}"; then setenv whole 1; fi
  fi
  if test ${whole} -eq 1; then
    setexpr left ${left} - 1
    if test "${slot}" = A; then setenv BOOT_A_LEFT ${left}; fi
    if test "${slot}" = B; then setenv BOOT_B_LEFT ${left}; fi
    env save
    setenv bootargs "${firmware_arguments} ${hall24_arguments} rauc.slot=${slot}"
    booti ${kernel_addr_r} ${ramdisk_addr_r}:${initrd_size} ${fdt_addr}
  fi
done

# Neither can be booted, or both have used up their attempts, as when the power fails again and again: begin
# anew rather than stand still. The order stays: the newer version comes first.
setenv BOOT_A_LEFT 3
setenv BOOT_B_LEFT 3
env save
sleep 10
reset
