# [authenticate]
curl -fsS -H "X-StorageApi-Token: $JETON_TOKEN" "$JETON_URL/v2/storage/tokens/verify"
# [create]
curl -fsS -H "X-StorageApi-Token: $JETON_TOKEN" -H "Content-Type: application/json" \
  -d '{"description": "Nightly import", "bucketPermissions": {"in.c-main": "write"}, "expiresIn": 7776000}' \
  "$JETON_URL/v2/storage/tokens"
# [verify]
# TOKEN is the token of the answer, ID its id.
curl -fsS -H "X-StorageApi-Token: $TOKEN" "$JETON_URL/v2/storage/tokens/verify"
# [share]
curl -fsS -H "X-StorageApi-Token: $JETON_TOKEN" -H "Content-Type: application/json" \
  -d '{"recipientEmail": "colleague@example.org"}' "$JETON_URL/v2/storage/tokens/$ID/share"
# [refresh]
curl -fsS -X POST -H "X-StorageApi-Token: $TOKEN" "$JETON_URL/v2/storage/tokens/$ID/refresh"
