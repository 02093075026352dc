# A response of the background as guides have it, by curl alone: begun, polled, followed from a number on, cancelled.
set -euo pipefail
ask() { curl --silent --show-error --fail-with-body --noproxy '*' --header "Authorization: Bearer $OPENAI_API_KEY" "$@"; }
begin() { ask "$OPENAI_BASE_URL/responses" --header "Content-Type: application/json" --data "$1"; }
id_of() { [[ $1 =~ resp_[0-9a-f]+ ]] && echo "${BASH_REMATCH[0]}"; }
status_of() { [[ $1 =~ \"status\":\"([a-z_]+)\" ]] && echo "${BASH_REMATCH[1]}"; }

id=$(id_of "$(begin '{"model": "gpt-4.1", "input": "Write a paragraph on ferries", "background": true}')")
status=queued
while [[ $status =~ queued|in_progress ]]; do
  status=$(status_of "$(ask "$OPENAI_BASE_URL/responses/$id")")
  sleep 0.1
done
echo "polled: $status"
ask --no-buffer "$OPENAI_BASE_URL/responses/$id?stream=true" >whole.txt
ask --no-buffer "$OPENAI_BASE_URL/responses/$id?stream=true&starting_after=3" >tail.txt
tail -c "$(wc -c <tail.txt)" whole.txt | cmp - tail.txt && echo "the tail is the same"
grep -o '"sequence_number":4,' tail.txt
tail -n 2 tail.txt

long=$(id_of "$(begin '{"model": "gpt-4.1", "input": "Write a 9-page report on ferries slowly", "background": true}')")
echo "cancelled: $(status_of "$(ask --request POST "$OPENAI_BASE_URL/responses/$long/cancel")")"
ask --request DELETE "$OPENAI_BASE_URL/responses/$id"
echo
ask "$OPENAI_BASE_URL/responses/$id" || echo " is gone"
