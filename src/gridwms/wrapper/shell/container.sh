# shellcheck shell=sh disable=SC2154
# Jobs in a container: the payload, and nothing else of the job, runs in the image. Only in wrappers of such jobs.
# A missing image or program to run it fails the attempt before the payload; it never runs outside of the image instead.

gw_before_token="gw_container_check $gw_before_token"

# The image as it is on this node, into gw_image, and the program that runs it, into gw_runtime.
gw_container_check() {
  gw_runtime=''
  case $gw_image in
    *://*) ;;
    *)
      gw_inside "$gw_image"
      [ -r "$gw_inner" ] || gw_fail 14 image_missing image "$gw_image"
      case $gw_inner in
        /*) gw_image=$gw_inner ;;
        *) gw_image=$gw_dir/$gw_inner ;;
      esac
      ;;
  esac
  if [ -d "$gw_image" ]; then
    set -- apptainer singularity bwrap podman
  else
    case $gw_image in
      docker://* | oras://* | library://*) set -- apptainer singularity podman ;;
      docker-archive://* | oci-archive://*) set -- apptainer singularity podman ;;
      *) set -- apptainer singularity ;;
    esac
  fi
  for gw_item; do
    # by its whole path: some launchers of MPI change where programs are looked for
    gw_program=$(command -v "$gw_item") || continue
    gw_runtime=$gw_item
    gw_quote "$gw_program"
    gw_program=$gw_quoted
    break
  done
  [ -n "$gw_runtime" ] || gw_fail 14 no_container_runtime image "$gw_image" programs "$*"
  gw_container_fetch
  gw_say "container by $gw_runtime: $gw_image"
  gw_container_enter
  gw_container_try
  gw_line="$gw_enter $gw_line"
}

# Whether this node can start anything in the image, so that what it lacks is not taken for an end of the payload.
gw_container_try() {
  gw_container_starts && return
  gw_hear said
  gw_first=$gw_text
  case $gw_runtime in
    apptainer | singularity) # a node that cannot mount the file may unpack it
      gw_enter="$gw_program -s exec --unsquash ${gw_enter#"$gw_program -s exec "}"
      [ ! -d "$gw_image" ] && gw_container_starts && return
      ;;
  esac
  gw_fail 14 image_failed image "$gw_image" text "${gw_first:-$gw_runtime: status $gw_rc}"
}

# A program that the image lacks was looked for there, which is all that is asked.
gw_container_starts() {
  eval "gw_run $gw_enter true" >said 2>&1 </dev/null && return
  case $gw_runtime/$gw_rc/$(cat said) in
    podman/12[67]/* | */*'executable file not found'* | */*'execvp true'*) ;;
    *) return 1 ;;
  esac
}

# Brings an image from elsewhere to this node, so that a failure is not one of the payload.
gw_container_fetch() {
  case $gw_runtime/$gw_image in
    podman/docker://*)
      gw_image=${gw_image#docker://}
      gw_run podman pull -q "$gw_image" >said 2>&1 || gw_container_failed
      ;;
    podman/*://*) gw_image=$(podman pull -q "$gw_image" 2>said) || gw_container_failed ;;
    */*://*)
      gw_run "$gw_runtime" pull image.sif "$gw_image" >said 2>&1 || gw_container_failed
      gw_image=$gw_dir/image.sif
      ;;
  esac
}

gw_container_failed() {
  gw_text=$(tail -n 1 said)
  gw_fail 14 image_failed image "$gw_image" text "$gw_text"
}

# What enters the image, into gw_enter, which goes in front of the payload's line; a launcher of MPI comes before that. Inside, the job's directory is /gridwms/work.
gw_container_enter() {
  gw_quote "$gw_image"
  gw_quoted_image=$gw_quoted
  gw_quote "$gw_dir/work"
  gw_shared=$gw_quoted:/gridwms/work gw_private='' gw_bound=''
  if [ -n "${gw_credentials-}" ]; then # under its own path, which the variables of the payload name
    gw_quote "$gw_dir/credentials"
    gw_private=$gw_quoted:$gw_quoted gw_bound="--bind $gw_quoted $gw_quoted"
  fi
  case $gw_runtime in
    apptainer | singularity)
      gw_enter="$gw_program -s exec --no-home --pwd /gridwms/work -B $gw_shared ${gw_private:+-B $gw_private} $gw_quoted_image"
      ;;
    podman)
      [ ! -d "$gw_image" ] || gw_quoted_image="--rootfs $gw_quoted_image"
      gw_enter="$gw_program run --rm -i --env-host --network host --label gridwms=$gw_instance"
      gw_enter="$gw_enter -v $gw_shared ${gw_private:+-v $gw_private} -w /gridwms/work $gw_quoted_image"
      gw_after_payload="$gw_after_payload gw_container_end"
      ;;
    bwrap)
      gw_words=''
      set +f
      for gw_item in "$gw_image"/*; do
        [ -e "$gw_item" ] || [ -h "$gw_item" ] || continue
        gw_quote "$gw_item"
        gw_below=$gw_quoted
        gw_quote "/${gw_item##*/}"
        if [ -h "$gw_item" ]; then
          gw_place=$gw_quoted
          gw_quote "$(readlink "$gw_item")"
          gw_words="$gw_words --symlink $gw_quoted $gw_place"
        else
          case ${gw_item##*/} in
            dev | proc | tmp | gridwms) ;;
            *) gw_words="$gw_words --ro-bind $gw_below $gw_quoted" ;;
          esac
        fi
      done
      set -f
      gw_quote "$gw_dir/work"
      gw_words="$gw_words --dev /dev --proc /proc --tmpfs /tmp --bind $gw_quoted /gridwms/work $gw_bound --chdir /gridwms/work"
      gw_enter="$gw_program --die-with-parent $gw_words"
      ;;
  esac
}

# What podman runs are no children of ours, and outlive it when they do not listen.
gw_container_end() {
  # shellcheck disable=SC2046
  set -- $(podman ps -q --filter "label=gridwms=$gw_instance" 2>/dev/null)
  [ $# -eq 0 ] || podman kill --signal KILL "$@" >/dev/null 2>&1
}

# $1 as one word of a shell, into gw_quoted.
gw_quote() {
  gw_rest=$1 gw_quoted=''
  while :; do
    case $gw_rest in *\'*) ;; *) break ;; esac
    gw_quoted="$gw_quoted${gw_rest%%\'*}'\\''"
    gw_rest=${gw_rest#*\'}
  done
  gw_quoted="'$gw_quoted$gw_rest'"
}

# The program may be one of the image: then nothing on this node says whether it is there.
gw_is_there() {
  case $2 in
    \'./*)
      [ -f "work/$1" ] && [ -r "work/$1" ] || return 1
      [ -x "work/$1" ] || chmod +x -- "work/./$1"
      [ -x "work/$1" ] || gw_fail 12 work_dir text "no program can be run in $gw_dir (mounted noexec?)"
      ;;
    *) [ "$1" = "$gw_executable" ] || [ -r "$1" ] ;;
  esac
}
