package io.inmesh.conformance.world;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.grpc.Grpc;
import io.grpc.HandlerRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCredentials;
import io.grpc.ServerMethodDefinition;
import io.grpc.TlsServerCredentials;
import io.grpc.stub.ServerCalls;
import io.inmesh.identity.Svid;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A server that is no part of the mesh and knows nothing of it. Answers 200 to everything. */
public final class Outsider implements AutoCloseable {
  /**
   * One request as it saw it.
   *
   * @param headers names in lower case
   * @param sni the name in the handshake; empty: none
   * @param caller the subject names of its certificate; empty: none
   */
  public record Seen(java.util.Map<String, String> headers, String sni, List<String> caller) {}

  private static final char[] PASSWORD = "changeit".toCharArray();

  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final int port;
  private final Runnable stop;

  private Outsider(Transport transport, @Nullable Tls tls) throws Exception {
    InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    if (transport.grpc()) {
      ServerCredentials credentials =
          tls == null ? InsecureServerCredentials.create() : tls.credentials();
      Server server =
          io.grpc.netty.NettyServerBuilder.forAddress(loopback, credentials)
              .fallbackHandlerRegistry(new AnyMethod())
              .directExecutor()
              .build()
              .start();
      port = server.getPort();
      stop = server::shutdownNow;
    } else {
      HttpServer server;
      if (tls == null) {
        server = HttpServer.create(loopback, 0);
      } else {
        HttpsServer secure = HttpsServer.create(loopback, 0);
        secure.setHttpsConfigurator(tls.configurator());
        server = secure;
      }
      server.createContext("/", this::answer);
      server.start();
      port = server.getAddress().getPort();
      stop = () -> server.stop(0);
    }
  }

  /** In plaintext. */
  public static Outsider plaintext(Transport transport) throws Exception {
    return new Outsider(transport, null);
  }

  /**
   * Over TLS.
   *
   * @param certificate it shows
   * @param callers whose certificates it demands; null: it demands none
   */
  public static Outsider tls(
      Transport transport, Svid certificate, @Nullable X509Certificate callers) throws Exception {
    return new Outsider(transport, new Tls(certificate, callers));
  }

  /** Where it listens, on the loopback address. */
  public int port() {
    return port;
  }

  /** What reached it. */
  public List<Seen> requests() {
    return List.copyOf(seen);
  }

  @Override
  public void close() {
    stop.run();
  }

  private void answer(HttpExchange exchange) throws IOException {
    java.util.Map<String, String> headers = new java.util.TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) ->
                headers.put(name.toLowerCase(java.util.Locale.ROOT), String.join(",", values)));
    see(headers, exchange instanceof HttpsExchange secure ? secure.getSSLSession() : null);
    exchange.getRequestBody().readAllBytes();
    exchange.sendResponseHeaders(200, 2);
    exchange.getResponseBody().write(new byte[] {'o', 'k'});
    exchange.close();
  }

  private void see(java.util.Map<String, String> headers, @Nullable SSLSession session) {
    String sni = "";
    List<String> caller = List.of();
    if (session instanceof ExtendedSSLSession extended
        && !extended.getRequestedServerNames().isEmpty()) {
      sni = ((SNIHostName) extended.getRequestedServerNames().get(0)).getAsciiName();
    }
    if (session != null) {
      try {
        X509Certificate leaf = (X509Certificate) session.getPeerCertificates()[0];
        caller =
            leaf.getSubjectAlternativeNames().stream()
                .map(name -> String.valueOf(name.get(1)))
                .toList();
      } catch (SSLPeerUnverifiedException | java.security.cert.CertificateParsingException e) {
        caller = List.of();
      }
    }
    seen.add(new Seen(headers, sni, caller));
  }

  private final class AnyMethod extends HandlerRegistry {
    @Override
    public ServerMethodDefinition<?, ?> lookupMethod(String method, @Nullable String authority) {
      var unary =
          ServerCalls.asyncUnaryCall(
              (byte[] request, io.grpc.stub.StreamObserver<byte[]> response) -> {
                response.onNext(request);
                response.onCompleted();
              });
      return ServerMethodDefinition.create(
          MethodDescriptor.<byte[], byte[]>newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
              .setType(MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(method)
              .build(),
          (ServerCall<byte[], byte[]> call, Metadata headers) -> {
            see(
                GrpcServing.fields(headers),
                call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
            return unary.startCall(call, headers);
          });
    }
  }

  /** The JDK's TLS, as any server has it. */
  private static final class Tls {
    private final KeyManager[] keys;
    private final TrustManager @Nullable [] callers;

    Tls(Svid certificate, @Nullable X509Certificate root) throws Exception {
      keys = keys(certificate);
      callers = root == null ? null : trust(root);
    }

    private static KeyManager[] keys(Svid certificate)
        throws GeneralSecurityException, IOException {
      KeyStore store = empty();
      store.setKeyEntry(
          "key", certificate.key(), PASSWORD, certificate.chain().toArray(Certificate[]::new));
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(store, PASSWORD);
      return factory.getKeyManagers();
    }

    private static TrustManager[] trust(X509Certificate root)
        throws GeneralSecurityException, IOException {
      KeyStore store = empty();
      store.setCertificateEntry("root", root);
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory.getTrustManagers();
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      return store;
    }

    ServerCredentials credentials() {
      TlsServerCredentials.Builder builder = TlsServerCredentials.newBuilder().keyManager(keys);
      return callers == null
          ? builder.build()
          : builder
              .trustManager(callers)
              .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
              .build();
    }

    HttpsConfigurator configurator() throws GeneralSecurityException {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, callers, null);
      boolean demands = callers != null;
      return new HttpsConfigurator(context) {
        @Override
        public void configure(HttpsParameters parameters) {
          SSLParameters all = getSSLContext().getDefaultSSLParameters();
          all.setNeedClientAuth(demands);
          parameters.setSSLParameters(all);
        }
      };
    }
  }
}
