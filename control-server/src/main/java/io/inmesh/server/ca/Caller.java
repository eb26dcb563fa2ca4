package io.inmesh.server.ca;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.TlsGeneration;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Who calls the control server, by the client certificate of the connection, checked anew for every
 * call.
 *
 * @param id null: no certificate, as before the first one
 * @param certificate its leaf; null as {@code id}
 * @param address where the call comes from
 */
public record Caller(
    @Nullable SpiffeId id, @Nullable X509Certificate certificate, InetSocketAddress address) {
  private static final Context.Key<Caller> KEY = Context.key("inmesh-caller");

  /** A context in which this is the caller. */
  Context in(Context context) {
    return context.withValue(KEY, this);
  }

  /** The caller of the current call; null where the server speaks plaintext. */
  public static @Nullable Caller current() {
    return KEY.get();
  }

  /** The caller that a context was left with; null where the server speaks plaintext. */
  public static @Nullable Caller of(Context context) {
    return KEY.get(context);
  }

  /**
   * Puts the caller in the context of each call, and refuses calls without one.
   *
   * @param open services that need no client certificate
   */
  static ServerInterceptor interceptor(Supplier<@Nullable TlsGeneration> tls, Set<String> open) {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Caller caller;
        try {
          caller = caller(call.getAttributes(), tls.get());
        } catch (SSLPeerUnverifiedException e) {
          return refuse(call, "the client certificate is not accepted: " + e.getMessage());
        }
        if (caller.id == null && !open.contains(call.getMethodDescriptor().getFullMethodName())) {
          return refuse(call, "a client certificate is needed; join with a token first");
        }
        return Contexts.interceptCall(caller.in(Context.current()), call, headers, next);
      }
    };
  }

  private static <Q, A> ServerCall.Listener<Q> refuse(ServerCall<Q, A> call, String why) {
    call.close(Status.UNAUTHENTICATED.withDescription(why), new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private static Caller caller(Attributes transport, @Nullable TlsGeneration tls)
      throws SSLPeerUnverifiedException {
    InetSocketAddress address =
        transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress inet
            ? inet
            : InetSocketAddress.createUnresolved("unknown", 0);
    SSLSession session = transport.get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null || tls == null) {
      throw new SSLPeerUnverifiedException("the connection is not TLS");
    }
    X509Certificate leaf;
    try {
      leaf = (X509Certificate) session.getPeerCertificates()[0];
    } catch (SSLPeerUnverifiedException none) {
      return new Caller(null, null, address);
    }
    return new Caller(tls.peer(session), leaf, address);
  }
}
