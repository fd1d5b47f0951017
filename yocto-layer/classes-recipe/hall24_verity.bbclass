# An image type "….verity": a squashfs with its dm-verity tree behind it, as images/steps/root.sh makes it. Beside it
# in the deploy folder lie its hash and the size of the part without the tree, which the boot slot needs. Salt and
# uuid follow from the contents, so that the same contents give the same bytes.

CONVERSIONTYPES += "verity"
CONVERSION_DEPENDS_verity = "cryptsetup-native"
# nooelint: oelint.vars.specific
CONVERSION_CMD:verity = "hall24_verity ${IMAGE_NAME}.${type}"

hall24_verity[doc] = "Puts the dm-verity tree behind a squashfs and names its hash"
hall24_verity () {
    root=$1.verity
    cp $1 $root
    # Whole blocks, and nothing of a former tree behind them.
    truncate --size=%4096 $root
    size=$(stat --format=%s $root)
    salt=$(sha256sum $root | cut -c1-64)
    uuid=$(echo $salt | sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\).*/\1-\2-8\3-a\4-\5/')
    veritysetup format --hash-offset=$size --salt=$salt --uuid=$uuid $root $root >${WORKDIR}/verity.txt
    hash=$(sed -n 's/^Root hash:[[:space:]]*//p' ${WORKDIR}/verity.txt)
    [ ${#hash} = 64 ] || bbfatal "veritysetup named no hash"
    echo $hash >${IMAGE_NAME}.root-hash
    echo $size >${IMAGE_NAME}.root-size
    ln -sf ${IMAGE_NAME}.root-hash ${IMAGE_LINK_NAME}.root-hash
    ln -sf ${IMAGE_NAME}.root-size ${IMAGE_LINK_NAME}.root-size
}
