"""Keboola's Python client verifies tokens, by header and as a bearer."""

import os
import unittest

import requests
from kbcstorage.auth import BearerToken
from kbcstorage.client import Client
from kbcstorage.tokens import Tokens

URL, MASTER, LIMITED = (os.environ[name] for name in ("JETON_URL", "JETON_MASTER", "JETON_LIMITED"))


class TokensTest(unittest.TestCase):
    def test_a_token_is_verified_by_its_header(self):
        token = Tokens(URL, MASTER).verify()
        self.assertTrue(token["isMasterToken"])
        self.assertEqual(token["owner"]["name"], os.environ["JETON_PROJECT_NAME"])
        limited = Tokens(URL, LIMITED).verify()
        self.assertEqual(limited["bucketPermissions"], {"in.c-main": "write"})
        self.assertNotIn("token", limited)

    def test_a_token_is_verified_as_a_bearer(self):
        project = Tokens(URL, MASTER).verify()["owner"]["id"]
        self.assertEqual(Tokens(URL, BearerToken(LIMITED, project)).verify(), Tokens(URL, LIMITED).verify())

    def test_the_whole_client_verifies_too(self):
        client = Client(URL, LIMITED, file_storage_support=False)
        self.assertEqual(client.tokens.verify()["description"], "for Python")

    def test_a_wrong_token_is_refused_at_once(self):
        # This client sends again whatever is answered with a 5xx, for minutes.
        with self.assertRaises(requests.HTTPError) as refused:
            Tokens(URL, "1-2-wrong").verify()
        answer = refused.exception.response
        self.assertEqual(answer.status_code, 401)
        self.assertEqual(answer.json()["code"], "storage.tokenInvalid")

    def test_what_jeton_does_not_have_is_told_at_once(self):
        with self.assertRaises(requests.HTTPError) as refused:
            Client(URL, MASTER, file_storage_support=False).buckets.list()
        self.assertEqual(refused.exception.response.status_code, 404)
        self.assertIn("resource not found", refused.exception.response.json()["error"])


if __name__ == "__main__":
    unittest.main()
