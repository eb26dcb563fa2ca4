package io.inmesh.spring;

import java.util.function.BooleanSupplier;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketBufferHandler;

/**
 * Tomcat's HTTP connector, which tells TLS from plaintext on one port. Public because Tomcat makes
 * it by its name; not for applications.
 */
public final class SniffingProtocol extends Http11NioProtocol {
  private final Endpoint endpoint;

  /** Without plaintext, until {@link #plaintext} says otherwise. */
  public SniffingProtocol() {
    this(new Endpoint());
  }

  private SniffingProtocol(Endpoint endpoint) {
    super(endpoint);
    this.endpoint = endpoint;
  }

  /**
   * Whether the running Tomcat, which need not be the one this was made with, can ask for channels
   * by the method that is overridden here. One that cannot is to have its usual connector, of which
   * it is said that it refuses plaintext.
   */
  static boolean fits() {
    try {
      var unused = NioEndpoint.class.getDeclaredMethod("createChannel", SocketBufferHandler.class);
      return true;
    } catch (NoSuchMethodException e) {
      return false;
    }
  }

  /** Says whether connections without TLS are served; asked for each. */
  void plaintext(BooleanSupplier served) {
    endpoint.plaintext = served;
  }

  private static final class Endpoint extends NioEndpoint {
    private volatile BooleanSupplier plaintext = () -> false;

    @Override
    protected NioChannel createChannel(SocketBufferHandler buffers) {
      return isSSLEnabled()
          ? new SniffedChannel(buffers, this, () -> plaintext.getAsBoolean())
          : super.createChannel(buffers);
    }
  }
}
