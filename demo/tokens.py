"""The tokens of the demo's second act, made by the signer of the tests: it has test keys only.

ed1 is the key of the issuer, ed2 one of the attacker's own.
"""

import json
import subprocess
from pathlib import Path

SIGNER = Path(__file__).resolve().parent.parent / "tests/lib/token"
ISSUER, AUDIENCE = "https://login.axis.example", "axis"
ATTACKERS_ISSUER = "https://login.attacker.example"


def signer(*arguments):
    done = subprocess.run([SIGNER, *arguments], text=True, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.stdout.removesuffix("\n")


def keys(name):
    return signer("jwks", name)


def sign(caller, *options, key="ed1", **members):
    """A token with the caller's claims; without more it is as it should be."""
    claims = json.loads(caller.claims) | {"iss": ISSUER, "aud": AUDIENCE} | members
    return signer("sign", key, json.dumps(claims), *options)


def forged(own, other):
    """What somebody may try who has a token of their own and, from a log say, those of another that
    are no good any more: name, token, and the rule of tenancy.check_token() that it breaks."""
    mine, theirs = sign(own), sign(other)
    my_header, my_payload, my_signature = mine.split(".")
    their_header, their_payload, their_signature = theirs.split(".")
    embedded = json.dumps({"kid": "ed1", "jwk": json.loads(signer("jwk", "ed2"))})
    linked = json.dumps({"kid": "ed1", "jku": f"{ATTACKERS_ISSUER}/jwks.json"})
    return [
        ("alg none", signer("mutate", theirs, "none"), "form"),
        ("alg none, a signature", signer("mutate", theirs, "none") + their_signature, "algorithm"),
        ("HS256 by the public key", signer("mutate", theirs, "hs256"), "algorithm"),
        ("ES256 by another key", sign(other, "--header", '{"kid": "ed1"}', key="es256"), "algorithm"),
        ("their claims put into it", f"{my_header}.{their_payload}.{my_signature}", "signature"),
        ("another key", sign(other, "--header", '{"kid": "ed1"}', key="ed2"), "signature"),
        ("another key, named", sign(other, key="ed2"), "key"),
        ("another key, embedded", sign(other, "--header", embedded, key="ed2"), "signature"),
        ("another key, linked", sign(other, "--header", linked, key="ed2"), "signature"),
        ("a bit of the signature", signer("mutate", theirs, "signature"), "signature"),
        ("no signature", f"{their_header}.{their_payload}.", "form"),
        ("cut short", theirs[:-6], "signature"),
        ("a second signature", f"{theirs}.{my_signature}", "form"),
        ("expired", sign(other, "--iat", "-7200", "--exp", "-3600"), "expired"),
        ("that never expires", sign(other, "--no-exp"), "no_expiry"),
        ("not yet valid", sign(other, nbf=4102444800), "not_yet_valid"),
        ("for another audience", sign(other, aud="axis-billing"), "audience"),
        ("of an issuer not added", sign(other, iss="https://staging.axis.example"), "issuer"),
    ]


def attackers(other):
    """Keys of the attacker's, and what they sign with them, for when these come to be accepted."""
    return {"own_keys": keys("ed2"), "own_issuer": ATTACKERS_ISSUER,
            "own_keys_token": sign(other, key="ed2"),
            "own_issuers_token": sign(other, key="ed2", iss=ATTACKERS_ISSUER)}
