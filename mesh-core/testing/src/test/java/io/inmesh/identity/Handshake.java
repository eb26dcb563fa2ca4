package io.inmesh.identity;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;

/**
 * A TLS handshake in memory, both sides with certificates.
 *
 * @param client the client's session
 * @param server the server's
 */
record Handshake(SSLSession client, SSLSession server) {
  static Handshake between(TlsGeneration client, TlsGeneration server)
      throws IOException, GeneralSecurityException {
    SSLEngine from = engine(client);
    from.setUseClientMode(true);
    SSLEngine to = engine(server);
    to.setUseClientMode(false);
    to.setNeedClientAuth(true);
    from.beginHandshake();
    to.beginHandshake();
    ByteBuffer towardsServer = ByteBuffer.allocate(1 << 16);
    ByteBuffer towardsClient = ByteBuffer.allocate(1 << 16);
    for (int rounds = 0; handshaking(from) || handshaking(to); rounds++) {
      if (rounds > 100) {
        throw new AssertionError("the handshake does not end");
      }
      step(from, towardsClient, towardsServer);
      step(to, towardsServer, towardsClient);
    }
    return new Handshake(from.getSession(), to.getSession());
  }

  private static SSLEngine engine(TlsGeneration generation) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        generation.keys() == null ? null : new KeyManager[] {generation.keys()},
        new TrustManager[] {generation.trust()},
        null);
    return context.createSSLEngine();
  }

  private static boolean handshaking(SSLEngine engine) {
    HandshakeStatus status = engine.getHandshakeStatus();
    return status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED;
  }

  private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws IOException {
    in.flip();
    ByteBuffer application = ByteBuffer.allocate(1 << 16);
    boolean progress = true;
    while (progress) {
      progress = false;
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> {
          Runnable task;
          while ((task = engine.getDelegatedTask()) != null) {
            task.run();
          }
          progress = true;
        }
        case NEED_WRAP -> progress = engine.wrap(ByteBuffer.allocate(0), out).bytesProduced() > 0;
        default ->
            progress = in.hasRemaining() && engine.unwrap(in, application).bytesConsumed() > 0;
      }
    }
    in.compact();
  }
}
