#!/bin/sh
# Puts trades of your own into the past of a dataset and reads bars of them back, in a folder of its own.
#
#   sh examples/import-trades.sh [FOLDER]
#
# OPENBOURSE is the command to run; by default that of this checkout. A server that is started in the folder
# afterwards serves these bars over REST: openbourse serve --config FOLDER/openbourse.yaml
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
openbourse() {
  if [ -n "${OPENBOURSE:-}" ]; then $OPENBOURSE "$@"; else node "$here/server/bin/openbourse.js" "$@"; fi
}
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
cd "$folder"

# A dataset without a feed serves what is imported into it.
cat > openbourse.yaml <<'YAML'
data: data
exchange: { enabled: false }
datasets:
  - code: mine
    history: { trades: true }
YAML

# Any columns do: times count milliseconds from a midnight here, prices leave two decimals out.
cat > trades.csv <<'CSV'
ms,px,size
34200000,16742,100
34201500,16745,40
34259999,16739,10
34260000,16741,25
CSV

openbourse init --config openbourse.yaml > init.log 2>&1
openbourse import trades.csv --config openbourse.yaml --dataset mine --ticker SPY \
  --map time=ms,price=px,quantity=size \
  --time-unit ms --time-origin 2024-08-08T00:00:00-04:00 --price-decimals 2
openbourse export --config openbourse.yaml --dataset mine --interval 1m --output bars.csv
cut -d, -f1,3-8 bars.csv
echo "the files are in $folder"
