package io.grpc.xds;

import com.google.protobuf.Any;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What stock gRPC decides: its own filter, given a call that never leaves this thread. */
public final class StockRbac {
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          return new byte[0];
        }
      };

  private final @Nullable ServerInterceptor interceptor;

  /**
   * Reads a filter's configuration.
   *
   * @throws IllegalArgumentException if gRPC refuses it
   */
  public StockRbac(Any filter) {
    RbacFilter.Provider provider = new RbacFilter.Provider();
    ConfigOrError<RbacConfig> config = provider.parseFilterConfig(filter, null);
    if (config.errorDetail != null) {
      throw new IllegalArgumentException(config.errorDetail);
    }
    interceptor = provider.newInstance(null).buildServerInterceptor(config.config, null);
  }

  /** Whether a call may reach its handler. */
  public boolean allows(
      String path,
      String authority,
      Metadata headers,
      SocketAddress remote,
      SocketAddress local,
      @Nullable X509Certificate peer) {
    if (interceptor == null) {
      return true;
    }
    Attributes.Builder attributes =
        Attributes.newBuilder()
            .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, remote)
            .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, local);
    if (peer != null) {
      attributes.set(Grpc.TRANSPORT_ATTR_SSL_SESSION, session(peer));
    }
    boolean[] reached = {false};
    interceptor.interceptCall(
        new Call(path.substring(1), authority, attributes.build()),
        headers,
        (call, metadata) -> {
          reached[0] = true;
          return new ServerCall.Listener<>() {};
        });
    return reached[0];
  }

  private static SSLSession session(X509Certificate peer) {
    return (SSLSession)
        Proxy.newProxyInstance(
            StockRbac.class.getClassLoader(),
            new Class<?>[] {SSLSession.class},
            (proxy, method, arguments) ->
                method.getName().equals("getPeerCertificates")
                    ? new Certificate[] {peer}
                    : method.getName().equals("toString") ? "session" : null);
  }

  private static final class Call extends ServerCall<byte[], byte[]> {
    private final MethodDescriptor<byte[], byte[]> method;
    private final String authority;
    private final Attributes attributes;

    Call(String method, String authority, Attributes attributes) {
      this.method =
          MethodDescriptor.newBuilder(BYTES, BYTES)
              .setType(MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(method)
              .build();
      this.authority = authority;
      this.attributes = attributes;
    }

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(byte[] message) {}

    @Override
    public void close(Status status, Metadata trailers) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<byte[], byte[]> getMethodDescriptor() {
      return method;
    }

    @Override
    public String getAuthority() {
      return authority;
    }

    @Override
    public Attributes getAttributes() {
      return attributes;
    }
  }
}
