package io.inmesh.http;

import java.nio.ByteBuffer;
import java.util.concurrent.Flow;

/** A publisher of a body that begins and never goes on. */
final class Silent implements Flow.Publisher<ByteBuffer> {
  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    subscriber.onSubscribe(
        new Flow.Subscription() {
          private boolean begun;

          @Override
          public void request(long n) {
            if (!begun) {
              begun = true;
              subscriber.onNext(ByteBuffer.wrap(new byte[100]));
            }
          }

          @Override
          public void cancel() {}
        });
  }
}
