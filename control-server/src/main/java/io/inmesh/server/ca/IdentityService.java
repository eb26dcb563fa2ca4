package io.inmesh.server.ca;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ca.CaException.Kind;
import io.inmesh.wire.identity.v1.AttestRequest;
import io.inmesh.wire.identity.v1.Certificate;
import io.inmesh.wire.identity.v1.IdentityGrpc;
import io.inmesh.wire.identity.v1.RenewRequest;
import io.inmesh.wire.identity.v1.Trust;
import io.inmesh.wire.identity.v1.TrustAck;
import io.inmesh.wire.identity.v1.TrustDomain;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** {@code inmesh.identity.v1.Identity} over a {@link CertificateAuthority}. Thread-safe. */
final class IdentityService extends IdentityGrpc.IdentityImplBase {
  /** A token of 16 KiB and a request for a certificate. */
  private static final int MAX_REQUEST = 24 << 10;

  private final CertificateAuthority authority;
  private final JoinTokens tokens;
  private final Attestation attestation;
  private final SigningQueue queue;
  private final AuditLog audit;
  private final CaMetrics metrics;
  private final Acknowledgements acknowledgements;
  private final TrustStreams streams;

  IdentityService(
      CertificateAuthority authority,
      JoinTokens tokens,
      Attestation attestation,
      SigningQueue queue,
      AuditLog audit,
      CaMetrics metrics,
      Acknowledgements acknowledgements) {
    this.authority = authority;
    this.tokens = tokens;
    this.attestation = attestation;
    this.queue = queue;
    this.audit = audit;
    this.metrics = metrics;
    this.acknowledgements = acknowledgements;
    this.streams = new TrustStreams(authority);
  }

  /** What finds out who a caller is, when it is its turn. */
  private interface Proof {
    SpiffeId identity(PublicKey key) throws CaException;
  }

  @Override
  public void attest(AttestRequest request, StreamObserver<Certificate> answer) {
    Caller caller = Objects.requireNonNull(Caller.current());
    String method = request.getProofCase().name().toLowerCase(Locale.ROOT);
    if (request.getSerializedSize() > MAX_REQUEST) {
      metrics.refused(method);
      answer.onError(
          new CaException(Kind.MALFORMED, "the request is larger than " + MAX_REQUEST + " bytes")
              .exception());
      return;
    }
    if (request.getProofCase() == AttestRequest.ProofCase.JOIN_TOKEN) {
      join(
          request,
          method,
          caller,
          key -> tokens.redeem(request.getJoinToken(), key, caller.address()),
          answer);
      return;
    }
    // Whoever has to be asked must not keep those waiting whose certificates are to be renewed.
    var unused =
        attestation
            .identify(request)
            .whenComplete(
                (identity, failure) -> {
                  if (identity != null) {
                    join(request, method, caller, key -> identity, answer);
                  } else {
                    refuse(
                        refusal(failure),
                        method,
                        request.getInstance(),
                        String.valueOf(caller.address().getAddress()),
                        answer);
                  }
                });
  }

  private void join(
      AttestRequest request,
      String method,
      Caller caller,
      Proof proof,
      StreamObserver<Certificate> answer) {
    issue(
        SigningQueue.JOINER,
        request.getSerializedSize(),
        request.getCsr(),
        method,
        request.getInstance(),
        caller,
        proof,
        answer);
  }

  private static CaException refusal(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof CaException known
        ? known
        : new CaException(
            Kind.UNAVAILABLE,
            "the token cannot be reviewed now",
            new CaException(String.valueOf(cause)));
  }

  @Override
  public void renew(RenewRequest request, StreamObserver<Certificate> answer) {
    Caller caller = Objects.requireNonNull(Caller.current());
    X509Certificate present = caller.certificate();
    SpiffeId id = caller.id();
    if (present == null || id == null) {
      answer.onError(
          Status.UNAUTHENTICATED
              .withDescription("renewing needs the present certificate as client certificate")
              .asRuntimeException());
      return;
    }
    issue(
        present.getNotAfter().toInstant().toEpochMilli(),
        request.getSerializedSize(),
        request.getCsr(),
        "renewal",
        request.getInstance(),
        caller,
        key -> id,
        answer);
  }

  private void issue(
      long order,
      int size,
      ByteString csr,
      String method,
      String instance,
      Caller caller,
      Proof proof,
      StreamObserver<Certificate> answer) {
    String from = String.valueOf(caller.address().getAddress());
    try {
      SigningRequest.requireSize(csr.size());
    } catch (CaException e) {
      refuse(e, method, instance, from, answer);
      return;
    }
    boolean queued =
        queue.offer(
            order,
            size,
            () -> {
              if (((ServerCallStreamObserver<Certificate>) answer).isCancelled()) {
                return;
              }
              try {
                PublicKey key = SigningRequest.key(csr.toByteArray());
                SpiffeId id = proof.identity(key);
                Issued issued = authority.issue(id, key);
                audit.note(
                    "issued",
                    "identity",
                    id.toString(),
                    "method",
                    method,
                    "instance",
                    instance,
                    "from",
                    from,
                    "serial",
                    issued.leaf().getSerialNumber().toString(16),
                    "until",
                    issued.leaf().getNotAfter().toInstant().toString(),
                    "authority",
                    issued.authority());
                metrics.issued(method);
                answer.onNext(
                    Certificate.newBuilder()
                        .addAllChain(der(issued.chain()))
                        .setAuthority(issued.authority())
                        .setTrust(trust(authority.trust()))
                        .build());
                answer.onCompleted();
              } catch (CaException e) {
                refuse(e, method, instance, from, answer);
              }
            });
    if (!queued) {
      metrics.overflow();
      answer.onError(
          CaException.exhausted(
                  "too many requests for certificates wait; try again", queue.retryAfter())
              .exception());
    }
  }

  private void refuse(
      CaException why,
      String method,
      String instance,
      String from,
      StreamObserver<Certificate> answer) {
    metrics.refused(method);
    audit.refused(
        "refused", "method", method, "instance", instance, "from", from, "reason", why.detail());
    answer.onError(why.exception());
  }

  @Override
  public StreamObserver<TrustAck> watchTrust(StreamObserver<Trust> answers) {
    Caller caller = Objects.requireNonNull(Caller.current());
    ServerCallStreamObserver<Trust> out = (ServerCallStreamObserver<Trust>) answers;
    TrustStreams.Stream stream = streams.open(out);
    acknowledgements.opened(stream, caller.id() + " at " + caller.address());
    out.setOnCancelHandler(() -> end(stream));
    return new StreamObserver<>() {
      @Override
      public void onNext(TrustAck ack) {
        acknowledgements.put(stream, ack.getSequence(), ack.getAuthority());
      }

      @Override
      public void onError(Throwable failure) {
        end(stream);
      }

      @Override
      public void onCompleted() {
        end(stream);
        out.onCompleted();
      }
    };
  }

  private void end(TrustStreams.Stream stream) {
    streams.close(stream);
    acknowledgements.remove(stream);
  }

  static Trust trust(TrustState state) throws CaException {
    Trust.Builder trust =
        Trust.newBuilder()
            .setSequence(state.sequence())
            .addAllRenewAuthorities(state.renewAuthorities())
            .setRenewWithinSeconds((int) state.renewWithin().toSeconds());
    for (var domain : state.bundle().roots().entrySet()) {
      trust.addDomains(
          TrustDomain.newBuilder().setName(domain.getKey()).addAllRoots(der(domain.getValue())));
    }
    state.bundle().banned().forEach(id -> trust.addBanned(id.toString()));
    return trust.build();
  }

  private static Iterable<ByteString> der(Iterable<X509Certificate> certificates)
      throws CaException {
    java.util.List<ByteString> all = new java.util.ArrayList<>();
    try {
      for (X509Certificate certificate : certificates) {
        all.add(ByteString.copyFrom(certificate.getEncoded()));
      }
    } catch (CertificateEncodingException e) {
      throw new CaException("a certificate cannot be written", e);
    }
    return all;
  }
}
