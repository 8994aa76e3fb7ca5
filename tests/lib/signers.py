"""The test keys of tests/lib/token, which everybody knows: the RSA keys are in keys.json, the
others are made from their names. This needs no more than Python's own library, and withstands
nobody who can measure it."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

RSA_PRIMES = Path(__file__).with_name("keys.json")


def base64url(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hash_of(alg):
    """The hash of ES256, PS384, …"""
    return getattr(hashlib, "sha" + alg[2:])


def multiply(scalar, point, add, neutral):
    result = neutral
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


class Ed25519:
    """RFC 8032, 5.1; points are in its extended coordinates."""

    ALGS = ("EdDSA", "Ed25519")
    P = 2**255 - 19
    ORDER = 2**252 + 27742317777372353535851937790883648493
    D = -121665 * pow(121666, -1, P) % P
    X, Y = (15112221349535400772501151409588531511454012693041857206046113283949847762202,
            46316835694926478169428394003475163141307993866256225615783033603165251855960)
    BASE, NEUTRAL = (X, Y, 1, X * Y % P), (0, 1, 1, 0)

    def __init__(self, seed):
        self.seed = seed
        digest = hashlib.sha512(seed).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
        self.prefix = digest[32:]
        self.public_bytes = self.times_base(self.scalar)

    def add(self, one, other):
        (x1, y1, z1, t1), (x2, y2, z2, t2), p = one, other, self.P
        a, b = (y1 - x1) * (y2 - x2) % p, (y1 + x1) * (y2 + x2) % p
        c, d = 2 * self.D * t1 * t2 % p, 2 * z1 * z2 % p
        e, f, g, h = b - a, d - c, d + c, b + a
        return e * f % p, g * h % p, f * g % p, e * h % p

    def times_base(self, scalar):
        x, y, z, _ = multiply(scalar, self.BASE, self.add, self.NEUTRAL)
        x, y = (v * pow(z, -1, self.P) % self.P for v in (x, y))
        return (y | (x & 1) << 255).to_bytes(32, "little")

    def sign(self, message, _alg):
        def hashed(*parts):
            return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % self.ORDER

        nonce = hashed(self.prefix, message)
        r = self.times_base(nonce)
        s = nonce + hashed(r, self.public_bytes, message) * self.scalar
        return r + (s % self.ORDER).to_bytes(32, "little")

    def jwk(self):
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url(self.public_bytes)}

    def private(self):
        return {"d": base64url(self.seed)}


class Ecdsa:
    """FIPS 186-5, with a nonce made from the key and the message. Points are in Jacobian
    coordinates, None is infinity. A curve is its prime, order and base point, as a is always -3."""

    CURVES = {
        "P-256": ("ES256", 2**256 - 2**224 + 2**192 + 2**96 - 1,
                  0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
                  0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
                  0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5),
        "P-384": ("ES384", 2**384 - 2**128 - 2**96 + 2**32 - 1,
                  2**384 - 0x389cb27e0bc8d220a7e5f24db74f58851313e695333ad68d,
                  0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38
                  << 128 | 0x5502f25dbf55296c3a545e3872760ab7,
                  0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0
                  << 128 | 0x0a60b1ce1d7e819d7a431d7c90ea0e5f),
    }

    def __init__(self, curve, scalar):
        alg, self.p, self.order, x, y = self.CURVES[curve]
        self.ALGS, self.curve, self.base = (alg,), curve, (x, y, 1)
        self.size = self.p.bit_length() // 8
        self.scalar = scalar % (self.order - 1) + 1
        self.public = [self.octets(v) for v in self.times_base(self.scalar)]
        self.public_bytes = b"\4" + b"".join(self.public)

    def octets(self, number):
        return number.to_bytes(self.size, "big")

    def add(self, one, other):
        if one is None or other is None:
            return one or other
        (x1, y1, z1), (x2, y2, z2), p = one, other, self.p
        zz1, zz2 = z1 * z1 % p, z2 * z2 % p
        u, s = x1 * zz2 % p, y1 * z2 * zz2 % p
        h, r = (x2 * zz1 - u) % p, (y2 * z1 * zz1 - s) % p
        if h == 0 and r:
            return None
        if h == 0:
            yy = y1 * y1 % p
            s, m = 4 * x1 * yy % p, 3 * (x1 - zz1) * (x1 + zz1) % p
            x = (m * m - 2 * s) % p
            return x, (m * (s - x) - 8 * yy * yy) % p, 2 * y1 * z1 % p
        hh = h * h % p
        hhh, v = h * hh % p, u * hh % p
        x = (r * r - hhh - 2 * v) % p
        return x, (r * (v - x) - s * hhh) % p, h * z1 * z2 % p

    def times_base(self, scalar):
        x, y, z = multiply(scalar, self.base, self.add, None)
        z = pow(z, -1, self.p)
        return x * z * z % self.p, y * z * z * z % self.p

    def sign(self, message, alg):
        digest = hash_of(alg)(message).digest()
        nonce = int.from_bytes(hashlib.sha512(self.octets(self.scalar) + digest).digest(), "big")
        r = self.times_base(nonce)[0] % self.order
        s = pow(nonce, -1, self.order) * (int.from_bytes(digest, "big") + r * self.scalar)
        return self.octets(r) + self.octets(s % self.order)

    def jwk(self):
        x, y = map(base64url, self.public)
        return {"kty": "EC", "crv": self.curve, "x": x, "y": y}

    def private(self):
        return {"d": base64url(self.octets(self.scalar))}


class Rsa:
    """RFC 8017: 8.2 for RS256 to RS512, 8.1 for PS256 to PS512."""

    ALGS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
    E = 65537
    # What goes before a digest: note 1 of RFC 8017, 9.2.
    DIGEST_INFO = {"256": "3031300d060960864801650304020105000420",
                   "384": "3041300d060960864801650304020205000430",
                   "512": "3051300d060960864801650304020305000440"}

    def __init__(self, p, q):
        self.p, self.q, self.n = p, q, p * q
        self.d = pow(self.E, -1, (p - 1) * (q - 1))
        self.dp, self.dq, self.qi = self.d % (p - 1), self.d % (q - 1), pow(q, -1, p)
        self.size = self.n.bit_length() // 8
        self.public_bytes = self.n.to_bytes(self.size, "big")

    def sign(self, message, alg):
        encoded = (self.pss if alg.startswith("PS") else self.pkcs1)(message, alg)
        number = int.from_bytes(encoded, "big")
        one, other = pow(number, self.dp, self.p), pow(number, self.dq, self.q)
        signature = other + (one - other) * self.qi % self.p * self.q
        return signature.to_bytes(self.size, "big")

    def pkcs1(self, message, alg):
        info = bytes.fromhex(self.DIGEST_INFO[alg[2:]]) + hash_of(alg)(message).digest()
        return b"\0\1" + b"\xff" * (self.size - len(info) - 3) + b"\0" + info

    def pss(self, message, alg):
        hash_ = hash_of(alg)
        digest = hash_(message).digest()
        salt = secrets.token_bytes(len(digest))
        hashed = hash_(bytes(8) + digest + salt).digest()
        length = self.size - len(hashed) - 1
        if length < len(salt) + 1:
            raise ValueError(f"this key is too short for {alg}")
        mask = b"".join(hash_(hashed + i.to_bytes(4, "big")).digest()
                        for i in range(-(-length // len(hashed))))[:length]
        block = (b"\1" + salt).rjust(length, b"\0")
        masked = bytearray(a ^ b for a, b in zip(block, mask))
        masked[0] &= 0x7f
        return bytes(masked) + hashed + b"\xbc"

    def numbers(self, *names):
        values = {name: self.E if name == "e" else getattr(self, name) for name in names}
        return {name: base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
                for name, value in values.items()}

    def jwk(self):
        return {"kty": "RSA", **self.numbers("n", "e")}

    def private(self):
        return self.numbers("d", "p", "q", "dp", "dq", "qi")


def key(name):
    if name in ("ed1", "ed2", "ed3"):
        return Ed25519(hashlib.sha256(name.encode()).digest())
    curve = {"es256": "P-256", "es256b": "P-256", "es384": "P-384"}.get(name)
    if curve:
        return Ecdsa(curve, int.from_bytes(hashlib.sha512(name.encode()).digest(), "big"))
    if name in ("rsa1", "rsa2", "rsa1024"):
        return Rsa(*(int(prime, 16) for prime in json.loads(RSA_PRIMES.read_text())[name]))
    raise ValueError(f"there is no key {name!r}")
