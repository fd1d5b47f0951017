# What the cabinet is wired to: lamps, door contacts and siren at the header's lines, the status display at I2C, a
# device at the first UART. docs/devices says what is connected where.
ENABLE_I2C:hall24 = "1"
ENABLE_SPI_BUS:hall24 = "1"
ENABLE_UART:hall24 = "1"
DISABLE_SPLASH:hall24 = "1"

HALL24_RPI_CONFIG:hall24 = " \
    disable_overscan=1 \
    dtparam=watchdog=on \
    dtparam=i2c_arm_baudrate=100000 \
"
# Radio and Bluetooth are not used; without Bluetooth the good UART is free for a device.
HALL24_RPI_CONFIG:append:raspberrypi4-64 = " dtoverlay=disable-bt dtoverlay=disable-wifi"
HALL24_RPI_CONFIG:append:raspberrypi5 = " dtoverlay=disable-bt-pi5 dtoverlay=disable-wifi-pi5 dtoverlay=uart0-pi5"

do_deploy:append:hall24 () {
    for line in ${HALL24_RPI_CONFIG} ${HALL24_RPI_CONFIG_MORE}; do
        echo $line >>$CONFIG
    done
}
