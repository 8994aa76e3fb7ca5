-- From here on nobody is believed without a token: the administrator says who signs them, and with which keys.
SELECT tenancy.add_issuer(:'issuer', jwks => :'keys', audience => ARRAY[:'audience']);
SELECT tenancy.configure('mode', 'verified');
