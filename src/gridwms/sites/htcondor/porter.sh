# Goes between the wrapper, whose node reaches nobody, and the schedd: by the starter and the shadow, with condor_chirp. The
# wish for the token becomes an attribute of the job, and so does the answer, which names the instances that it is for:
# one that HTCondor should have started a second time is not taken for another. What the user delegated, and what is renewed
# of it, is fetched from where the job was submitted. Without a way to the shadow nothing is begun (96: the job is held).
# All of it lies in a directory, of which HTCondor brings nothing back.
gw_chirp=$(command -v condor_chirp)
for gw_one in "${_CONDOR_BIN-}/../libexec/condor" "${_CONDOR_BIN-}/../libexec" /usr/libexec/condor /usr/lib/condor/libexec; do
  [ -n "$gw_chirp" ] || [ ! -x "$gw_one/condor_chirp" ] || gw_chirp=$gw_one/condor_chirp
done
[ -n "$gw_chirp" ] || gw_chirp=$("${_CONDOR_BIN:-/usr/bin}/condor_config_val" LIBEXEC 2>/dev/null)/condor_chirp
gw_chirp() { "$gw_chirp" "$@" 2>/dev/null; }
[ -x "$gw_chirp" ] || exit 96
gw_open() { gw_chirp set_job_attr GridwmsAnswer UNDEFINED; }
gw_open || { sleep 5 && gw_open; } || { sleep 10 && gw_open; } || exit 96
gw_there=t$gw_index
gw_stage=stage/t$gw_index
mkdir -m 700 stage && mv "$gw_there.in" stage || exit 97
[ ! -d "$gw_there.own" ] || mv "$gw_there.own"/* stage 2>/dev/null

# Brings the credentials, if there are any and they are not those that are here; the list of them last.
gw_fetch() {
  gw_chirp fetch "$gw_there.credentials" "$gw_stage.list" && [ -s "$gw_stage.list" ] || return
  [ ! -e "$gw_stage.credentials" ] || [ "$(cat "$gw_stage.list")" != "$(cat "$gw_stage.credentials")" ] || return
  while read -r gw_kind gw_rest; do
    gw_chirp fetch "$gw_there.$gw_kind" "$gw_stage.part" && chmod 600 "$gw_stage.part" &&
      mv -f "$gw_stage.part" "$gw_stage.$gw_kind" || return
  done <"$gw_stage.list"
  mv -f "$gw_stage.list" "$gw_stage.credentials"
}

gw_sleep() { sleep "$1" && kill -0 $$ 2>/dev/null || exit 0; }

gw_carry() {
  until [ -e "$gw_stage.wish" ]; do gw_sleep 0.3; done
  read -r gw_rest gw_rest gw_instance <"$gw_stage.wish"
  until gw_chirp set_job_attr GridwmsWish "\"$(tr '\n' ' ' <"$gw_stage.wish")\""; do gw_sleep 5; done
  gw_nap=1 gw_said=''
  until case " $gw_said " in *" $gw_instance "*) ;; *) false ;; esac do
    gw_sleep "$gw_nap"
    [ "$gw_nap" -ge 5 ] || gw_nap=$((gw_nap + 1))
    gw_said=$(gw_chirp get_job_attr GridwmsAnswer | tr -d '"')
  done
  echo "${gw_said%% *} the service refuses it" >"$gw_stage.part" && mv "$gw_stage.part" "$gw_stage.answer"
  while [ -e "$gw_stage.credentials" ]; do
    gw_sleep 10
    gw_fetch
  done
}

(umask 077 && gw_fetch)
(umask 077 && gw_carry) </dev/null >/dev/null 2>&1 &
