/**
 * What Drover does in an agent's clone: shell scripts, because each runs as one program inside the fence, where hooks,
 * filters and configuration of the agent's making can hurt nobody else. Values come as arguments, never as text.
 */

/** Puts HEAD onto branch "$1" without touching a file, wherever the agent has left it, and clears locks of killed commands. */
const SETTLE = `set -e
settle() {
  rm -f .git/*.lock
  find .git/refs -name '*.lock' -delete
  if [ "$(git symbolic-ref -q HEAD)" = "refs/heads/$1" ]; then return; fi
  # The agent's own branch or a detached HEAD on top of ours is the newer work; anything else was a look around.
  if ! git rev-parse -q --verify "refs/heads/$1" >/dev/null || git merge-base --is-ancestor "refs/heads/$1" HEAD; then
    git update-ref "refs/heads/$1" HEAD
    git symbolic-ref HEAD "refs/heads/$1"
  else
    git checkout -q "$1" -- || git symbolic-ref HEAD "refs/heads/$1"
  fi
}`

/**
 * Everything into the index. Repositories that the agent cloned inside are left out unless .gitmodules names them: as
 * links without a URL they would be broken for everybody else. 1 means that some files could not be read.
 */
const ADD_ALL = `add_all() {
  git -c advice.addEmbeddedRepo=false add -A --ignore-errors . || [ $? = 1 ]
  git -c core.quotePath=false diff --cached --raw --no-renames --diff-filter=A HEAD |
    awk -F '\\t' '/^:000000 160000 / { print $2 }' |
    while IFS= read -r path; do
      git config -f .gitmodules --get-regexp '^submodule\\..*\\.path$' 2>/dev/null | cut -d ' ' -f 2- | grep -qxF -e "$path" ||
        git update-index --force-remove -- "$path"
    done
}`

/** branch, commit. A clean tree on the branch, in a clone without files. */
export const CHECK_OUT = `set -e
git checkout -q --no-track -B "$1" "$2" --`

/** branch, checkpoint, its parent. The checkpoint's files, of which those that were not committed are not committed again. */
export const RESTORE = `set -e
git checkout -q --no-track -B "$1" "$2" --
git reset -q "$3" --`

/** branch, base branch, its commit. Whether the clone is still one, and what the remote has new. */
export const REVISIT = `${SETTLE}
git rev-parse -q --verify 'HEAD^{commit}' >/dev/null
settle "$1"
git update-ref "refs/remotes/origin/$2" "$3"`

/** branch; the message on stdin. Says "<sha> <subject>", or nothing when there was nothing to commit. */
export const COMMIT = `${SETTLE}
${ADD_ALL}
settle "$1"
add_all
if git diff --cached --quiet HEAD --; then exit 0; fi
git config user.name >/dev/null || git config user.name Drover
git config user.email >/dev/null || git config user.email drover@localhost
git commit -q --no-verify --cleanup=whitespace -F -
git log -1 --format='%H %s'`

/**
 * branch, ref. A commit of everything on top of HEAD, made beside the agent's index. Its author and dates are fixed, so that
 * the same files on the same HEAD give the same commit.
 */
const CHECKPOINT = `${SETTLE}
${ADD_ALL}
settle "$1"
# -p: git compares a file's time with the index's own, and overlooks a change in the same second if that looks newer.
cp -p .git/index .git/drover-index 2>/dev/null || rm -f .git/drover-index
export GIT_INDEX_FILE="$PWD/.git/drover-index"
add_all
tree=$(git write-tree)
unset GIT_INDEX_FILE
export GIT_AUTHOR_NAME=Drover GIT_AUTHOR_EMAIL=drover@localhost GIT_AUTHOR_DATE="$(git log -1 --format=%ct) +0000"
export GIT_COMMITTER_NAME=Drover GIT_COMMITTER_EMAIL=drover@localhost GIT_COMMITTER_DATE="$GIT_AUTHOR_DATE"
git update-ref "$2" "$(git commit-tree "$tree" -p HEAD -m 'Drover checkpoint')"`

/** branch, ref, base. The checkpoint and all that leads to it, as a bundle on stdout. */
export const BUNDLE = `${CHECKPOINT}
exec git bundle create -q - "$2" --not "$3"`

/** branch, ref. Says "<head> <checkpoint> <clean|dirty>". */
export const STATE = `${CHECKPOINT}
git diff --quiet HEAD "$2" -- && is=clean || is=dirty
echo "$(git rev-parse HEAD) $(git rev-parse "$2") $is"`

/** path. The file behind a line that says whether it is there. */
export const READ_FILE = `if [ -f "$1" ]; then echo file; exec head -c 1048576 -- "$1"; fi
echo none`

/** path. Names, one a line, behind a line that says whether the folder is there. */
export const LIST_FOLDER = `if [ -d "$1" ]; then echo folder; exec ls -1A -- "$1"; fi
echo none`

/** Of the agent's home. */
export const ATTACHMENTS = 'attachments'

/**
 * home, folder, name; the content on stdin. The agent owns the home: a link of its making is taken away, never followed, and a
 * file is there with all of its content or not at all.
 */
export const PLACE_FILE = `set -e
umask 077
cd -- "$1"
for folder in ${ATTACHMENTS} "${ATTACHMENTS}/$2"; do
  if [ -L "$folder" ] || [ ! -d "$folder" ]; then rm -f -- "$folder"; mkdir -- "$folder"; fi
done
cd -- "${ATTACHMENTS}/$2"
rm -rf -- "$3" ".$3.new"
set -C
cat > ".$3.new"
mv -- ".$3.new" "$3"`

/** path; the text on stdin. */
export const WRITE_FILE = `set -e
mkdir -p -- "$(dirname -- "$1")"
exec cat > "$1"`
