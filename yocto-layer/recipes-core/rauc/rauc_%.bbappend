# The kiosk's own condition decides whether a slot is good: images/files/usr/lib/hall24/serves.
RRECOMMENDS:${PN}:remove:hall24 = "${PN}-mark-good"
