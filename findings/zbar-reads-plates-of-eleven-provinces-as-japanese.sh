#!/usr/bin/env bash
# A QR code made by qrencode 4.1.1 of a Chinese number plate in UTF-8, read by ZBar 0.23.92 (both of
# Debian bookworm): the plates of 11 of the 31 provinces come back as other text, those of 20 as they
# were. ZBar guesses an encoding from the bytes, and a single character of three bytes before ASCII
# often passes for two of Shift-JIS; neither program says a word about it.
# Common guess: a text that one reads back, all of its kind do; so whoever tried it with 川 or 苏 believes
# in it, and Beijing, Shanghai and Guangdong are wrong.
# Whom it hurts: whoever prints a plate, or any short Chinese text, into a code and checks it on a few.
# plated's voucher has an address in ASCII in its code and nothing else.
# Seen 2026-11-28. Needs apt-get, dpkg-deb and Debian's python3.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir -p archives/partial
apt-get -qq update
wanted=(qrencode=4.1.1-1 libqrencode4=4.1.1-1 python3-zbar=0.23.92-7+deb12u1 libzbar0=0.23.92-7+deb12u1)
(cd archives && apt-get -qq download "${wanted[@]}" 2>/dev/null)
# What these need and this machine lacks.
apt-get -qq -y --no-install-recommends --download-only -o "Dir::Cache::archives=$tmp/archives" \
  install "${wanted[@]}" >/dev/null
for package in archives/*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu:$tmp/root/lib/x86_64-linux-gnu
export PYTHONPATH=$tmp/root/usr/lib/python3/dist-packages
cat >read.py <<'PYTHON'
import subprocess
import zbar

def read_back(text):
    """What ZBar says of qrencode's drawing, at four dots a module."""
    drawn = subprocess.run(["root/usr/bin/qrencode", "-t", "ASCII", "-m", "4", text], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    rows = [bytes(0 if line[at] == "#" else 255 for at in range(0, len(line), 2) for _ in range(4))
            for line in drawn for _ in range(4)]
    image = zbar.Image(len(rows[0]), len(rows), "Y800", b"".join(rows))
    zbar.ImageScanner().scan(image)
    return next(iter(image)).data

for province in "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼":
    plate = province + "AD12345"
    print(plate, "->", read_back(plate))
PYTHON
/usr/bin/python3 read.py | tee seen
diff - <(awk '$1 != $3' seen) <<'SEEN'
京AD12345 -> 莠ｬAD12345
津AD12345 -> 豢･AD12345
沪AD12345 -> 豐ｪAD12345
豫AD12345 -> 雎ｫAD12345
辽AD12345 -> 霎ｽAD12345
新AD12345 -> 譁ｰAD12345
赣AD12345 -> 襍｣AD12345
闽AD12345 -> 髣ｽAD12345
贵AD12345 -> 雍ｵAD12345
粤AD12345 -> 邊､AD12345
琼AD12345 -> 逅ｼAD12345
SEEN
[ "$(wc -l <seen)" -eq 31 ]
echo "as described"
