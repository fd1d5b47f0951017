FILESEXTRAPATHS:prepend:hall24 := "${THISDIR}/files:"

SRC_URI:append:hall24 = " file://hall24.cfg ${@'file://qemuarm64.cfg' if d.getVar('MACHINE') == 'qemuarm64' else ''}"
