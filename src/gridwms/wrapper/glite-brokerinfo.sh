#!/bin/sh
# glite-brokerinfo: what the broker knew when it chose this place, read out of the file .BrokerInfo.
# Functions, options and forms of output are those of gLite's command. Needs sh and awk; the wrapper brings it to jobs that
# have such a file. Exit status: 0, also when there is no such value; 1 no file, or no function of that name; 255 wrong
# number of parameters.
own=${0##*/}
own=${own%.sh}

use() { printf '\n%s: please specify a function with parameters\nuse %s --help for functions and parameters list\n\n' "$own" "$own"; }

help() {
  printf '\nUse: # %s [-v] [-f filename] function [parameter] [parameter] ...\n' "$own"
  printf '%s\n' '-v : for verbose, formatted output' '-f : for specify a brokerinfo file' '' 'supported funtions are:'
  for one in getCE getDataAccessProtocol getInputData getSEs getCloseSEs 'getSEMountPoint <SE>' 'getSEFreeSpace <SE>' \
    'getLFN2SFN <LFN>' 'getSEProtocols <SE>' 'getSEPort <SE> <Protocol>' getVirtualOrganization; do
    printf '%s %s\n' "$own" "$one"
  done
  printf '\n'
}

verbose='' file='' count=0 function='' first='' second=''
while [ $# -gt 0 ]; do
  case $1 in
    -v) verbose=1 ;;
    -f)
      shift
      file=${1-}
      [ $# -gt 0 ] || break
      ;;
    *)
      case $count in
        0) function=$1 ;;
        1) first=$1 ;;
        2) second=$1 ;;
      esac
      count=$((count + 1))
      ;;
  esac
  shift
done
case $count/$function in
  0/*)
    use
    exit 0
    ;;
  */--help)
    help
    exit 0
    ;;
esac
file=${file:-${GLITE_WMS_RB_BROKERINFO:-${EDG_WL_RB_BROKERINFO:-.BrokerInfo}}}
if ! [ -r "$file" ] || [ -d "$file" ]; then
  printf '%s\n' 'Error:' ' - environment GLITE_WMS_RB_BROKERINFO or EDG_WL_RB_BROKERINFO not defined' \
    ' - ./BrokerInfo file is not found' >&2
  exit 1
fi
[ -z "$verbose" ] || printf 'BrokerInfo::getBIFileName(): %s\n' "$file"
case $function in
  getCE | getDataAccessProtocol | getInputData | getSEs | getCloseSEs | getVirtualOrganization) wanted=0 say='' ;;
  getSEMountPoint | getSEFreeSpace | getSEProtocols) wanted=1 say=' <SE>' ;;
  getLFN2SFN) wanted=1 say=' <PFN>' ;;
  getSEPort) wanted=2 say=' <SE> <Protocol>' ;;
  *)
    printf '\n%s is not a valid command!\n\n' "$function"
    exit 1
    ;;
esac
if [ $((count - 1)) -ne "$wanted" ]; then
  printf '... error parsing arguments!\nUse:  %s%s\n' "$function" "$say"
  exit 255
fi

LC_ALL=C function=$function first=$first second=$second verbose=$verbose exec awk '
# The ad is read into `leaf`, from path to value: "computingelement/closestorageelements/1/name". `size`: items of a list.
function blank() { while (index(" \t\r\n\f\v", substr(text, at, 1)) && at <= long) at++ }
function wrong() { print "Error: not ClassAd compliant file"; bad = 1; exit 1 }
function quoted(end,    out, c) {
  out = ""
  for (at++; at <= long; at++) {
    c = substr(text, at, 1)
    if (c == end) { at++; return out }
    if (c == "\\") {
      c = substr(text, ++at, 1)
      if (c == "n") c = "\n"
      else if (c == "t") c = "\t"
      else if (c == "r") c = "\r"
      else if (c ~ /[0-7]/ && substr(text, at, 3) ~ /^[0-3][0-7][0-7]$/) {
        c = sprintf("%c", substr(text, at, 1) * 64 + substr(text, at + 1, 1) * 8 + substr(text, at + 2, 1))
        at += 2
      }
    }
    out = out c
  }
  wrong()
}
function word(    from) {
  from = at
  while (at <= long && index("=;,]} \t\r\n", substr(text, at, 1)) == 0) at++
  if (at == from) wrong()
  return substr(text, from, at - from)
}
function value(path,    c) {
  blank()
  c = substr(text, at, 1)
  if (c == "[") ad(path)
  else if (c == "{") list(path)
  else if (c == "\"") leaf[path] = quoted("\"")
  else leaf[path] = word()
  there[path] = 1
}
function ad(path,    c, name) {
  at++
  for (;;) {
    blank()
    c = substr(text, at, 1)
    if (c == "]") { at++; return }
    if (c == ";") { at++; continue }
    if (at > long) wrong()
    name = tolower(c == "\047" ? quoted("\047") : word())
    blank()
    if (substr(text, at, 1) != "=") wrong()
    at++
    value(path "/" name)
  }
}
function list(path,    c) {
  at++
  size[path] = 0
  for (;;) {
    blank()
    c = substr(text, at, 1)
    if (c == "}") { at++; return }
    if (c == ",") { at++; continue }
    if (at > long) wrong()
    value(path "/" (++size[path]))
  }
}
# The item of a list whose name is this; 0 when there is none.
function named(path, name,    i) {
  for (i = 1; i <= size[path]; i++) if (leaf[path "/" i "/name"] == name) return i
  return 0
}
function label(    inside) {
  if (verbose == "") return
  inside = first (second == "" ? "" : ", " second)
  print "BrokerInfo::" called (called == "getVirtualOrganization" ? "" : "(" inside ")") ": "
}
function verdict(ok) { if (verbose != "") print " -> " (ok ? "BI_SUCCESS" : "BI_ERROR") }
function one(path) {
  label()
  print (verbose == "" ? "" : " -> ") leaf[path]
  verdict(path in there)
}
# The values of a list, or the attribute `name` of each of its ads; a single value counts as a list of one.
function all(path, name,    i, n) {
  label()
  n = 0
  if ((path in there) && !(path in size)) { size[path] = 1; leaf[path "/1"] = leaf[path] }
  for (i = 1; i <= size[path]; i++) {
    print (verbose == "" ? "" : " -> ") leaf[path "/" i (name == "" ? "" : "/" name)]
    n++
  }
  if (verbose != "" && n == 0) print " ... not found!"
  verdict(path in there)
}
{ text = text $0 "\n" }
END {
  if (bad) exit 1
  called = ENVIRON["function"]; first = ENVIRON["first"]; second = ENVIRON["second"]; verbose = ENVIRON["verbose"]
  long = length(text); at = 1
  blank()
  if (substr(text, at, 1) != "[") wrong()
  ad("")
  close_ones = "/computingelement/closestorageelements"
  if (called == "getCE") one("/computingelement/name")
  else if (called == "getDataAccessProtocol") all("/dataaccessprotocol", "")
  else if (called == "getInputData") all("/inputfns", "name")
  else if (called == "getSEs") all("/storageelements", "name")
  else if (called == "getCloseSEs") all(close_ones, "name")
  else if (called == "getSEMountPoint") one(close_ones "/" named(close_ones, first) "/mount")
  else if (called == "getSEFreeSpace") one(close_ones "/" named(close_ones, first) "/freespace")
  else if (called == "getLFN2SFN") all("/inputfns/" named("/inputfns", first) "/sfns", "")
  else if (called == "getSEProtocols") all("/storageelements/" named("/storageelements", first) "/protocols", "name")
  else if (called == "getSEPort") {
    found = "/storageelements/" named("/storageelements", first) "/protocols"
    one(found "/" named(found, second) "/port")
  }
  else if (called == "getVirtualOrganization") one("/virtualorganisation")
}
' "$file"
