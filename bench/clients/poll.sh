#!/bin/sh
# One job by curl, for xargs -P: submit the body in the file $2, then ask each second.
# sh poll.sh URL BODY.json
set -eu
task=$(curl -sf -H 'Authorization: Token bench' -H 'Content-Type: application/json' \
    --data-binary "@$2" "$1/ent/v2/reference2image" | sed 's/.*"task_id":"\([^"]*\)".*/\1/')
while :; do
    sleep 1
    answer=$(curl -sf -H 'Authorization: Token bench' "$1/ent/v2/tasks/$task/creations")
    case $answer in
        *'"state":"success"'* | *'"state":"failed"'*) break ;;
    esac
done
printf '%s\n' "$answer" > "$2.result"
