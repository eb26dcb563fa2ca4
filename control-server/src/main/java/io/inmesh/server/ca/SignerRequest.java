package io.inmesh.server.ca;

/**
 * What the holder of a root's key needs to certify a new key of the server. Contains no secret.
 *
 * @param authority names the root
 * @param trustDomain the only one the certificate is to be good for
 * @param request PKCS#10 for the new key, PEM
 * @param root PEM
 * @param ttlSeconds how long the certificate is wanted to be valid
 */
public record SignerRequest(
    String authority, String trustDomain, String request, String root, long ttlSeconds) {}
