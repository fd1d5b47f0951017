#!/usr/bin/env bash
# Who may sign updates. HALL24_KEYRING, HALL24_SIGNING_CERTIFICATE and HALL24_SIGNING_KEY name the files of a
# real authority; without them a development authority is made once, in the target folder, never in the repository.
source "$(dirname "$0")/../common.sh"

keys=${1:-$output/keys}
mkdir -p "$keys"
if [ -n "${HALL24_KEYRING:-}" ]; then
  cp "$HALL24_KEYRING" "$keys/keyring.pem"
  exit 0
fi
if [ -f "$keys/development/keyring.pem" ]; then
  say "the image trusts this folder's development key; it is for trying out only"
  cp "$keys/development/keyring.pem" "$keys/keyring.pem"
  exit 0
fi

say "making a development key; updates signed with it are for trying out only"
new=$keys/development.new
rm -rf "$new"
mkdir -p "$new"
cd "$new"
openssl ecparam -genkey -name prime256v1 -noout -out authority.key
openssl req -x509 -new -key authority.key -sha256 -days 7300 -subj '/CN=Hall24 development updates' \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out keyring.pem
openssl ecparam -genkey -name prime256v1 -noout -out signing.key
openssl req -new -key signing.key -subj '/CN=Hall24 development signer' -out signing.csr
printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature extendedKeyUsage=codeSigning \
  subjectKeyIdentifier=hash authorityKeyIdentifier=keyid >signing.ext
openssl x509 -req -in signing.csr -CA keyring.pem -CAkey authority.key -CAcreateserial -days 7300 -sha256 \
  -extfile signing.ext -out signing.pem
chmod 600 ./*.key
mv "$new" "$keys/development"
cp "$keys/development/keyring.pem" "$keys/keyring.pem"
