#!/bin/sh
# Archives that are not what they should be, as a user meets them: each is refused with a message that names the file, a
# nonzero status, nothing written outside and nothing left in the temporary folder.
. "$OPJ_SOURCE/tests/e2e/lib.sh"
verb=analyze

"$OPJOULE" record -q -o good.opj -- "$loop" 2000
mkdir tmp
export TMPDIR="$dir/tmp"
"$OPJOULE" analyze good.opj >report 2>&1 || fail "a good archive is refused: $(cat report)"

# refused FILE TEXT
refused() {
	expect 1 "$1" "$1"
	says "$2"
	[ -z "$(ls -A tmp)" ] || fail "$1: left behind: $(find tmp)"
	[ ! -e evil ] && [ ! -e ../evil ] && [ ! -e /tmp/opj-evil ] || fail "$1: written outside"
}

# build FILE CHUNK-MEMBER…: an archive of one chunk with these members, made by hand; a member is NAME=TEXT, NAME->TARGET.
cat >build.py <<'END'
import io, json, struct, subprocess, sys, tarfile

def frame(data):
    return subprocess.run(["zstd", "-q", "-c", "--check"], input=data, stdout=subprocess.PIPE, check=True).stdout

def tar(members, end):
    out = io.BytesIO()
    archive = tarfile.open(fileobj=out, mode="w")
    for member in members:
        link = "->" in member
        name, rest = member.split("->" if link else "=", 1)
        info = tarfile.TarInfo(name)
        if link:
            info.type, info.linkname, data = tarfile.SYMTYPE, rest, b""
        else:
            data = rest.encode()
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    size = out.tell()
    archive.close()
    return out.getvalue() if end else out.getvalue()[:size]

path, members = sys.argv[1], sys.argv[2:]
chunk = frame(tar(members, False))
manifest = {"opj": 1, "schema": {"major": 1, "minor": 0}, "tool": "t", "framework": "f", "command": ["x"], "ops": 1,
            "lost_events": 0, "complete": True, "processes": [{"pid": 1, "name": "x", "ops": 1, "ended": True, "chunks": [
                {"path": "trace/1/1", "offset": 0, "size": len(chunk), "raw_size": sum(len(m.split("=", 1)[1])
                    for m in members if "->" not in m)}]}]}
last = frame(tar(["manifest.json=" + json.dumps(manifest)], True))
footer = struct.pack("<II8sQQ", 0x184D2A50, 24, b"opjfoot1", len(chunk), len(last))
open(path, "wb").write(chunk + last + footer)
END
build() { python3 build.py "$@"; }

refused missing.opj 'No such file'
: >empty.opj
refused empty.opj 'empty'
echo 'not an archive at all, only a line of text' >text.opj
refused text.opj 'text.opj'
gzip -c good.opj >gzip.opj
refused gzip.opj 'gzip.opj'
tar --zstd -cf plain.opj report
refused plain.opj 'footer'

# Cut short at several places, as when a disk was full or a copy broke off.
size=$(stat -c %s good.opj)
for keep in 1 4 31 100 $((size / 2)) $((size - 500)) $((size - 33)) $((size - 32)) $((size - 1)); do
	head -c "$keep" good.opj >cut.opj
	refused cut.opj 'cut.opj'
done

# A byte changed in each region: the chunk, the manifest, the footer.
for at in 20 $((size / 3)) $((size / 2)) $((size - 300)) $((size - 60)) $((size - 30)) $((size - 20)) $((size - 4)); do
	python3 -c 'import sys
data = bytearray(open("good.opj", "rb").read())
data[int(sys.argv[1])] ^= 0x10
open("flipped.opj", "wb").write(data)' "$at"
	refused flipped.opj 'flipped.opj'
done

# Members that want out of the temporary folder.
build up.opj 'trace/1/1/../../../../evil=x'
refused up.opj 'refused to unpack'
build absolute.opj '/tmp/opj-evil=x'
refused absolute.opj 'refused to unpack'
build link.opj 'trace/1/1/metadata->/etc/passwd'
refused link.opj 'link'
build through.opj "trace/1/1/a->$dir" 'trace/1/1/a/evil=x'
refused through.opj 'link'
build twice.opj 'trace/1/1/metadata=x' 'trace/1/1/metadata=y'
refused twice.opj 'twice'

# Whole, and yet no trace.
build no-trace.opj 'trace/1/1/metadata=this is not CTF'
refused no-trace.opj 'no-trace.opj'

# Interrupted while it is unpacked and read: nothing stays either.
"$OPJOULE" record -q -o long.opj -- "$loop" 1000000
for signal in INT TERM; do
	env --default-signal=INT,TERM "$OPJOULE" analyze long.opj >out 2>err &
	pid=$!
	unpacks() { [ -n "$(ls -A tmp)" ] || ! runs "$pid"; }
	within 60 unpacks
	kill -s "$signal" "$pid" || fail "it was over too soon to be interrupted"
	wait "$pid" && fail "interrupted, and yet 0"
	[ -z "$(ls -A tmp)" ] || fail "after SIG$signal, left behind: $(find tmp)"
done

# The reader of a pipe goes away.
"$OPJOULE" replay long.opj 2>err | head -n 1 >out
[ -s out ] || fail "nothing printed: $(cat err)"
[ -z "$(ls -A tmp)" ] || fail "after SIGPIPE, left behind: $(find tmp)"
