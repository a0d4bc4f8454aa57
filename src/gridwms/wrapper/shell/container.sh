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

# Puts what enters the image in front of the payload's line; a launcher of MPI comes before that. Inside, the job's directory is /gridwms/work.
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
      gw_line="$gw_program -s exec --no-home --pwd /gridwms/work -B $gw_shared ${gw_private:+-B $gw_private} $gw_quoted_image $gw_line"
      ;;
    podman)
      [ ! -d "$gw_image" ] || gw_quoted_image="--rootfs $gw_quoted_image"
      gw_line="$gw_program run --rm -i --env-host -v $gw_shared ${gw_private:+-v $gw_private} -w /gridwms/work $gw_quoted_image $gw_line"
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
      gw_line="$gw_program --die-with-parent $gw_words $gw_line"
      ;;
  esac
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
