//! What differs between the machines that QEMU plays.

use std::path::Path;

use clap::ValueEnum;

/// A kind of machine, by Debian's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Board {
    /// A PC with UEFI: `q35`.
    Amd64,
    /// A board with an Arm processor and UEFI: `virt`.
    Arm64,
}

impl Board {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    pub(crate) fn qemu(self) -> &'static str {
        match self {
            Self::Amd64 => "qemu-system-x86_64",
            Self::Arm64 => "qemu-system-aarch64",
        }
    }

    fn firmware(self) -> &'static str {
        match self {
            Self::Amd64 => "/usr/share/OVMF/OVMF_CODE_4M.fd",
            Self::Arm64 => "/usr/share/AAVMF/AAVMF_CODE.fd",
        }
    }

    /// The firmware's variables as they are in a new machine.
    pub(crate) fn firmware_variables(self) -> &'static str {
        match self {
            Self::Amd64 => "/usr/share/OVMF/OVMF_VARS_4M.fd",
            Self::Arm64 => "/usr/share/AAVMF/AAVMF_VARS.fd",
        }
    }

    /// The first `/dev/ttyS` of a card for devices: the PC has four without any, and the Arm board one on a
    /// card, for commands.
    pub(crate) fn first_card_port(self) -> usize {
        match self {
            Self::Amd64 => 4,
            Self::Arm64 => 1,
        }
    }

    /// QEMU's arguments for a panel of this many pixels, across and down.
    pub(crate) fn panel(self, (width, height): (usize, usize)) -> Vec<String> {
        let device = match self {
            Self::Amd64 => "virtio-vga",
            Self::Arm64 => "virtio-gpu-pci",
        };
        let size = |axis, pixels| ["-global".into(), format!("{device}.{axis}={pixels}")];
        [size("xres", width), size("yres", height)].concat()
    }

    /// Processor, display, and the ports for log and commands.
    fn own(self) -> &'static str {
        match self {
            Self::Amd64 => {
                "-machine q35 -cpu max -vga none -device virtio-vga -global virtio-vga.xres=1080 \
                 -global virtio-vga.yres=1920 -serial chardev:log -serial chardev:agent"
            }
            Self::Arm64 => {
                "-machine virt -cpu max,pauth-impdef=on \
                 -device virtio-gpu-pci -global virtio-gpu-pci.xres=1080 \
                 -global virtio-gpu-pci.yres=1920 -serial chardev:log -device pci-serial,chardev=agent"
            }
        }
    }

    /// QEMU's arguments for a machine with this disk, these variables and its sockets in this folder. Its
    /// watchdog only restarts it once that is asked for: a computer that stands still for a minute, as
    /// borrowed ones do, looks to it like a system that hangs.
    pub(crate) fn arguments(self, disk: &Path, variables: &Path, folder: &Path) -> Vec<String> {
        let (folder, firmware) = (folder.display(), self.firmware());
        let text = format!(
            "-nodefaults -no-user-config -accel tcg,thread=multi -m 1024 -display none -S \
             -no-reboot -drive if=pflash,format=raw,readonly=on,file={firmware} \
             -drive if=pflash,format=raw,file={variables} \
             -drive if=none,id=disk,format=raw,cache=writeback,file={disk} \
             -device virtio-blk-pci,drive=disk,bootindex=1 -device virtio-tablet-pci \
             -device i6300esb -action watchdog=none \
             -netdev user,id=net -device virtio-net-pci,netdev=net,romfile= \
             -chardev socket,id=qmp,path={folder}/qmp -mon chardev=qmp,mode=control \
             -chardev socket,id=log,path={folder}/log \
             -chardev socket,id=agent,path={folder}/agent {own}",
            variables = variables.display(),
            disk = disk.display(),
            own = self.own(),
        );
        text.split_whitespace().map(str::to_owned).collect()
    }
}
