#!/usr/bin/env bash
# Prepares the trial of compose.yaml in the folders of its volumes: setup.sh FOLDER. Called again, it only upgrades the schema.
# Everybody's keys are made on one machine, which no vault may do that has real people: docs/operations.md#installing.
set -euo pipefail
cd "$1"
user=10001
own() { if [[ $EUID -eq 0 ]]; then chown -R "$user:$user" "$@"; fi; }

if [[ ! -e common/ready ]]; then
  # A set-up that was interrupted begins again.
  find common people platform custody work registry notices witness public -mindepth 1 -delete
  certify() { # REQUEST CERTIFICATE NAME USAGE
    openssl x509 -req -in "$1" -CA people/ca.pem -CAkey people/ca.key -days 365 -out "$2" -extfile <(printf '%s\n' \
      basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature "subjectAltName=$3" "extendedKeyUsage=$4" \
      subjectKeyIdentifier=hash authorityKeyIdentifier=keyid)
  }
  printf '[req]\ndistinguished_name=name\n[name]\n' >people/request.cnf
  key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -config people/request.cnf)
  openssl req -x509 "${key[@]}" -days 3650 -subj "/CN=idvault trial" -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
    -addext keyUsage=critical,keyCertSign,cRLSign -keyout people/ca.key -out people/ca.pem
  for name in server im notices; do
    openssl req -new "${key[@]}" -subj "/CN=$name" -keyout "people/$name.key" -out "people/$name.request"
  done
  certify people/server.request common/server.pem DNS:localhost,DNS:platform,DNS:custody,IP:127.0.0.1 serverAuth
  certify people/im.request people/im.pem URI:spiffe://vault.example/platform/im clientAuth
  certify people/notices.request people/notices.pem URI:spiffe://vault.example/registry/registry clientAuth
  cp people/ca.pem common/ca.pem

  # Each process has its own key file, under a passphrase of its own.
  umask 077
  openssl rand -hex 16 >registry/registry.key
  mkdir people/keys
  IDVAULT_KEYS=people/keys/service.keys IDVAULT_KEY_PASSPHRASE_FILE= idvault keys init | tee people/keys.txt
  for each in platform:service custody:custody work:work; do
    folder=${each%:*} name=${each#*:}
    mv "people/keys/$name.keys" "$folder/process.keys"
    mv "people/keys/$name.passphrase" "$folder/passphrase"
    cp registry/registry.key people/server.key "$folder/"
  done
  log_key=$(sed -n 's/^log public key: //p' people/keys.txt)

  # The witness makes its key at its first start.
  idvault witness --state witness --name witness.example/w1 --log-key "$log_key" --listen 127.0.0.1:0 \
    --metrics-listen 127.0.0.1:0 --ready-file people/witness.json &
  until [[ -s people/witness.json ]]; do kill -0 $!; sleep 0.1; done
  witness_key=$(sed -n 's/.*"public_key": *"\([^"]*\)".*/\1/p' people/witness.json)
  kill $! && wait $!
  printf '%s\n' "LOG_KEY=$log_key" "IDVAULT_WITNESSES='http://witness:7493 $witness_key'" >common/witness.env

  # The mock of the registry says with which key it signs notices.
  idvault mock-registry --population registry/population.json --secret-key-file registry/registry.key \
    --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --ready-file people/registry.json &
  until [[ -s people/registry.json ]]; do kill -0 $!; sleep 0.1; done
  notice_key=$(sed -n 's/.*"notice_key": *"\([^"]*\)".*/\1/p' people/registry.json)
  kill $! && wait $!
  printf '%s\n' "IDVAULT_REGISTRY_NOTICE_KEYS=$notice_key" >common/notices.env
  cp people/notices.pem notices/client.pem
  mv people/notices.key notices/client.key
  cp registry/registry.key notices/

  printf 'a passphrase of synthetic people\n' >people/members
  words=()
  for each in custodian:wang custodian:li custodian:zhang auditor:zhao operator:chen; do
    role=${each%:*} name=${each#*:}
    idvault-people "$role" --identity "people/$name" --passphrase-file people/members init --name "$name" --organization trial --trust-domain vault.example
    certify "people/$name/request.pem" "people/$name/certificate.pem" "URI:spiffe://vault.example/$role/$name" clientAuth
    words+=(--person "people/$name/public.json")
  done
  idvault-people roster propose people/roster-1.json "${words[@]}" --quorum main:2:wang,li,zhang --witness "$witness_key" --witness-quorum 1
  for name in wang li zhang; do idvault-people roster sign people/roster-1.json --identity "people/$name" --passphrase-file people/members; done
  IDVAULT_ROSTER=common/roster.json idvault roster publish people/roster-1.json
  idvault db upgrade
  idvault platform register im --certificate people/im.pem
  idvault platform register registry --role registry --certificate people/notices.pem
  chmod 644 common/*
  touch common/ready
fi
idvault db upgrade
own common platform custody work registry notices witness public people
echo "setup: done; the certificate of the platform im and the members' folders are in $1/people"
