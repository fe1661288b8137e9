#!/usr/bin/env bash
# Unpacks the image of mvn -Pcontainer into a folder, as a container engine would, and writes FOLDER.run, which runs it
# there by chroot (as root) with its user, its variables, its command, and the usual mounts in a namespace of their own:
#   examples/container/unpack.sh examples/target/nemotron-image.tar /tmp/nemotron
#   cp -r examples/models/tale-7m /tmp/nemotron/model
#   NIM_SERVER_PORT=8001 /tmp/nemotron.run --max-batch 8
set -euo pipefail
image=$1 folder=$2
layout=$(mktemp -d)
trap 'rm -rf "$layout"' EXIT
tar -xf "$image" -C "$layout"
mkdir -p "$folder"
python3 - "$layout" "$folder" <<'PYTHON'
import json, os, shlex, shutil, subprocess, sys

layout, folder = sys.argv[1:]


def blob(described):
    return os.path.join(layout, "blobs", *described["digest"].split(":"))


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


manifest = read(blob(read(layout + "/index.json")["manifests"][0]))
for mounted in "proc", "dev":
    os.makedirs(os.path.join(folder, mounted), exist_ok=True)
for layer in manifest["layers"]:
    subprocess.run(["tar", "--warning=no-unknown-keyword", "-xzf", blob(layer), "-C", folder], check=True)
config = read(blob(manifest["config"]))["config"]
command = ["env", "-i"] + config["Env"]
entered = [shutil.which("chroot"), "--userspec=" + config["User"], folder] + config["Entrypoint"]
with open(folder + ".run", "w", encoding="utf-8") as run:
    run.write("#!/usr/bin/env bash\nset -euo pipefail\n")
    run.write('[ "${1-}" = --mounted ] || exec unshare --mount "$0" --mounted "$@"\nshift\n')
    run.write("mount -t proc proc %s\nmount --bind /dev %s\n"
              % (shlex.quote(os.path.join(folder, "proc")), shlex.quote(os.path.join(folder, "dev"))))
    run.write("# The caller's variables of serve win over those of the image.\n")
    run.write("mapfile -t given < <(env | grep -E '^(NEMOTRON|NIM)_')\n")
    run.write('exec %s "${given[@]}" %s "$@"\n' % (shlex.join(command), shlex.join(entered)))
os.chmod(folder + ".run", 0o755)
PYTHON
