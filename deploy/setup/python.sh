# Sourced by the commands in bin/: finds a Python that can run set-up, or says what is missing.
# Sets $python and $root. Commands run it with -P: in the folder of another clone that one's
# modules would come first.
system=$(uname -s)
if [ "$system" != Linux ]; then
    [ "$system" = Darwin ] && system=macOS
    echo "Berth runs on Linux only, and this is $system: it ties its processes together by a call of Linux. Run it in a virtual machine or a container." >&2
    exit 1
fi
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
python=
for candidate in ${BERTH_PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    found=$(python3 --version 2>/dev/null) || found="no Python 3"
    echo "Berth needs Python 3.11 or later; this machine has $found on its PATH." >&2
    echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: BERTH_PYTHON=/path/to/python3.11 $0" >&2
    exit 1
fi
PYTHONPATH=$root${PYTHONPATH:+:$PYTHONPATH}
export PYTHONPATH
