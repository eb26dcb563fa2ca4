/**
 * The certificate authority of the mesh and who may ask it for what. For the control server.
 *
 * <pre>
 * proof (join token, Kubernetes or OIDC token, previous certificate) ─► SpiffeId
 *   CSR ─► SigningRequest (public key only) ─► SigningQueue ─► CertificateAuthority ─► chain
 * CertificateAuthority: Authority* (root, intermediate, phase) ─► AuthorityStore (files, 0600)
 *   changes ─► TrustState ─► IdentityService.WatchTrust ─► every client, acknowledged
 * CallerTransport: client certificate of a connection ─► Caller in the context of each call
 * </pre>
 */
@NullMarked
package io.inmesh.server.ca;

import org.jspecify.annotations.NullMarked;
