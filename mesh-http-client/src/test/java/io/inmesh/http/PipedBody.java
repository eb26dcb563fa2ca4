package io.inmesh.http;

import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;

/** A request body that a test writes byte by byte. */
final class PipedBody implements Flow.Publisher<ByteBuffer> {
  private final SubmissionPublisher<ByteBuffer> publisher = new SubmissionPublisher<>();

  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    publisher.subscribe(subscriber);
  }

  void say(int b) {
    publisher.submit(ByteBuffer.wrap(new byte[] {(byte) b}));
  }

  void end() {
    publisher.close();
  }
}
