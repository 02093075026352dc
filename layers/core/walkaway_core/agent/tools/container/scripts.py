"""What runs inside of a container: small fixed scripts, which read what they are about from their standard input."""

import shlex
from functools import cache
from pathlib import Path

RESTART = 'rm -rf -- "$HOME/.walkaway"'
SHELL = r"""
__walkaway_keep() {
  [[ -z ${__walkaway_kept-} ]] || return 0
  builtin printf -v __walkaway_kept x
  if [[ ${__walkaway_kept-} != x ]]; then
    [[ -o posix ]] || __walkaway_posix=no
    POSIXLY_CORRECT=1
    unset -f builtin
    [[ -z ${__walkaway_posix-} ]] || builtin set +o posix
    builtin printf -v __walkaway_kept x
    [[ ${__walkaway_kept-} == x ]] || return 0
  fi
  { builtin set +o; builtin shopt -p; } >|"$__walkaway_state.options" || return 0
  builtin set +efuvx +o posix +o noclobber
  builtin shopt -u nocasematch extdebug
  builtin trap - DEBUG ERR RETURN
  {
    builtin compgen -v >"$__walkaway_state.variables"
    builtin compgen -A function >"$__walkaway_state.functions"
    builtin command -p grep -v -e ' expand_aliases$' -e '_shell$' -e ' compat[0-9]*$' -e '^set ' \
      "$__walkaway_state.options"
    while IFS= builtin read -r __walkaway_name; do
      case $__walkaway_name in
        __walkaway_*|WALKAWAY_*|_|BASH|BASHOPTS|BASHPID|BASH_*|COMP_*|DIRSTACK|EPOCH*|EUID|FUNCNAME|GROUPS|HISTCMD) ;;
        HOSTNAME|HOSTTYPE|LINENO|MACHTYPE|OLDPWD|OSTYPE|PIPESTATUS|PPID|PWD|RANDOM|SECONDS|SHELLOPTS|SHLVL) ;;
        SRANDOM|UID) ;;
        *) builtin declare -p -- "$__walkaway_name" ;;
      esac
    done <"$__walkaway_state.variables"
    builtin umask -p
    builtin printf 'builtin cd -- %q\nOLDPWD=%q\n' "$PWD" "${OLDPWD-$PWD}"
    while IFS= builtin read -r __walkaway_name; do
      [[ $__walkaway_name == @(__walkaway_*|builtin) ]] || builtin declare -f -- "$__walkaway_name"
    done <"$__walkaway_state.functions"
    builtin declare -Fx >"$__walkaway_state.functions"
    while IFS= builtin read -r __walkaway_name; do
      [[ $__walkaway_name == *' builtin' ]] || builtin printf 'builtin %s\n' "$__walkaway_name"
    done <"$__walkaway_state.functions"
    for __walkaway_name in "${!BASH_ALIASES[@]}"; do
      builtin printf 'BASH_ALIASES[%q]=%q\n' "$__walkaway_name" "${BASH_ALIASES[$__walkaway_name]}"
    done
    while IFS= builtin read -r __walkaway_name; do
      case $__walkaway_name in
        *' expand_aliases'|'set '*) builtin printf 'builtin %s\n' "$__walkaway_name" ;;
      esac
    done <"$__walkaway_state.options"
  } >"$__walkaway_state.new"
  builtin command -p mv -f -- "$__walkaway_state.new" "$__walkaway_state"
  builtin command -p rm -f -- \
    "$__walkaway_state.variables" "$__walkaway_state.functions" "$__walkaway_state.options"
} >/dev/null 2>&1
__walkaway_end() {
  [[ $- == *r* ]] || __walkaway_keep
}
{
  __walkaway_command=$(cat; printf x)
  exec </dev/null
  mkdir -p -- "$HOME/.walkaway"
  __walkaway_state=$HOME/.walkaway/shell
  if [[ -f $__walkaway_state ]]; then source "$__walkaway_state" 2>/dev/null; else shopt -s expand_aliases; fi
  { builtin trap '\__walkaway_end' EXIT; } 2>/dev/null
  builtin eval "${__walkaway_command%x}"
  __walkaway_code=$?
  [[ $- == *r* ]] || { __walkaway_keep; } 2>/dev/null
  builtin exit "$__walkaway_code"
  exit "$__walkaway_code"
}
"""
"""Runs the command that it reads. The state is written when a command has ended, and is read before the next one:
variables first, then functions, and aliases and options last, since those would change how the rest is read. What the
command has made a function, an alias or an option must not change how the state is written or read, nor how the next
command is run: so all of this is read in two pieces, before there are aliases, and calls builtins by that name, under
which no function is kept; aliases are kept as assignments, which nothing can be in the place of. A function of that
name is removed at the end: as POSIX has it, which an assignment sets, none can be in the place of `unset` and `exit`.
A shell that a command has restricted (`set -r`) can write nothing, and the next command goes on as before it."""


@cache
def helper() -> str:
    """Give the command that does one thing with files, which it reads as JSON and answers as JSON (`inside.py`)."""
    source = Path(__file__).with_name("inside.py").read_text(encoding="utf-8")
    return f"exec python3 -I -c {shlex.quote(source)}"
