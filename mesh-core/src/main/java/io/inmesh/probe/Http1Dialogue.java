package io.inmesh.probe;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpClientCodec;

/** A request over HTTP/1.1. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Http1Dialogue implements Dialogue {
  private final HttpQuestion question;

  Http1Dialogue(HttpQuestion question) {
    this.question = question;
  }

  @Override
  public String protocol() {
    return "http/1.1";
  }

  @Override
  public void prepare(Channel connection) {
    connection.pipeline().addBefore(ProbeConnection.LIFE, null, new HttpClientCodec());
  }

  @Override
  public void begin(Channel connection, ProbeConnection to) {
    connection
        .pipeline()
        .addBefore(ProbeConnection.LIFE, null, new HttpReader(question, connection, to));
    connection.writeAndFlush(question.request());
  }
}
