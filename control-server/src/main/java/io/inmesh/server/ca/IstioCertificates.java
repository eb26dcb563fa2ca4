package io.inmesh.server.ca;

import io.grpc.stub.StreamObserver;
import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ca.CaException.Kind;
import io.inmesh.wire.istio.v1.IstioCertificateRequest;
import io.inmesh.wire.istio.v1.IstioCertificateResponse;
import io.inmesh.wire.istio.v1.IstioCertificateServiceGrpc;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * {@code istio.v1.auth.IstioCertificateService}, for clients with a certificate of the mesh: names
 * in the request are ignored, the identity is the caller's, and no certificate lives longer than
 * the mesh's do. Thread-safe.
 */
final class IstioCertificates extends IstioCertificateServiceGrpc.IstioCertificateServiceImplBase {
  /** PEM of what {@link SigningRequest} takes, with room for line ends. */
  private static final int MAX_CSR = 2 * SigningRequest.MAX_BYTES;

  private final CertificateAuthority authority;
  private final SigningQueue queue;
  private final AuditLog audit;
  private final CaMetrics metrics;

  IstioCertificates(
      CertificateAuthority authority, SigningQueue queue, AuditLog audit, CaMetrics metrics) {
    this.authority = authority;
    this.queue = queue;
    this.audit = audit;
    this.metrics = metrics;
  }

  @Override
  public void createCertificate(
      IstioCertificateRequest request, StreamObserver<IstioCertificateResponse> answer) {
    Caller caller = Objects.requireNonNull(Caller.current());
    SpiffeId id = Objects.requireNonNull(caller.id());
    X509Certificate present = Objects.requireNonNull(caller.certificate());
    if (request.getCsr().length() > MAX_CSR || request.getValidityDuration() < 0) {
      answer.onError(
          new CaException(
                  Kind.MALFORMED,
                  "csr: must have at most "
                      + MAX_CSR
                      + " characters, validity_duration must not be negative")
              .exception());
      return;
    }
    Duration ttl = ttl(request.getValidityDuration());
    boolean queued =
        queue.offer(
            present.getNotAfter().toInstant().toEpochMilli(),
            request.getSerializedSize(),
            () -> issue(request.getCsr(), id, ttl, answer));
    if (!queued) {
      metrics.overflow();
      answer.onError(
          CaException.exhausted(
                  "too many requests for certificates wait; try again", queue.retryAfter())
              .exception());
    }
  }

  /** What is asked for, within what the mesh allows. */
  private Duration ttl(long seconds) {
    Duration longest = authority.leafTtl();
    return seconds == 0 || seconds > longest.toSeconds() ? longest : Duration.ofSeconds(seconds);
  }

  private void issue(
      String csr, SpiffeId id, Duration ttl, StreamObserver<IstioCertificateResponse> answer) {
    try {
      PublicKey key = SigningRequest.key(Pem.request(csr));
      Issued issued = authority.issue(id, key, ttl, List.of());
      audit.note(
          "issued",
          "identity",
          id.toString(),
          "method",
          "istio",
          "serial",
          issued.leaf().getSerialNumber().toString(16),
          "until",
          issued.leaf().getNotAfter().toInstant().toString(),
          "authority",
          issued.authority());
      List<X509Certificate> chain = new ArrayList<>(issued.chain());
      chain.add(issued.root());
      IstioCertificateResponse.Builder response = IstioCertificateResponse.newBuilder();
      for (X509Certificate certificate : chain) {
        response.addCertChain(Pem.write(List.of(certificate)));
      }
      metrics.issued("istio");
      answer.onNext(response.build());
      answer.onCompleted();
    } catch (CaException e) {
      metrics.refused("istio");
      audit.refused("refused", "method", "istio", "identity", id.toString(), "reason", e.detail());
      answer.onError(e.exception());
    }
  }
}
