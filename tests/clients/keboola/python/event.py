"""Keboola's package for data apps posts an event."""

import json
import os
import sys

import requests
from keboola_streamlit import KeboolaStreamlit

URL, LIMITED = os.environ["JETON_URL"], os.environ["JETON_LIMITED"]

app = KeboolaStreamlit(URL, LIMITED)
# What its proxy would tell of the visitor; there is none here.
app.dev_mockup_headers = {"X-Kbc-User-Email": "ann@example.org"}
status, answer = app.create_event(message="An app was opened", event_data="of Ann")
if status != 201:
    sys.exit(f"{status}: {answer}")
path = f"{URL}/v2/storage/events/{json.loads(answer)['uuid']}"
event = requests.get(path, headers={"X-StorageApi-Token": LIMITED}).json()
wanted = {"user": "ann@example.org", "event_data": "of Ann"}
if event["message"] != "An app was opened" or not wanted.items() <= event["params"].items():
    sys.exit(f"it reads {event}")
