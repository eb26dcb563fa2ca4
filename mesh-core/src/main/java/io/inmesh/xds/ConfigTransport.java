package io.inmesh.xds;

import io.inmesh.control.Cancellable;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** How resources get here. Listeners are called on the control loop. Thread-safe. */
interface ConfigTransport extends AutoCloseable {
  /**
   * Watches one resource until cancelled.
   *
   * @param name its exact name
   */
  <T> Cancellable subscribe(ResourceKind<T> kind, String name, Listener<T> listener);

  /**
   * Whether the control server has answered on the present stream, and all of it was dealt with by
   * then: what it did not mention so far, it need not be expected to mention.
   *
   * @param nanoTime a moment of the loop's clock
   */
  boolean quietSince(long nanoTime);

  /** What is subscribed to, with versions. */
  CompletionStage<List<TransportStatus>> status();

  /** Ends every subscription. Idempotent. */
  @Override
  void close();

  /** What happens to a resource. */
  interface Listener<T> {
    /** It is there, or changed. */
    void present(Decoded<T> resource);

    /**
     * It does not exist, or not any more.
     *
     * @param why what the control server says of that, for people; may be empty
     */
    void absent(String why);

    /** What was sent last is not accepted; what was accepted before stays. */
    void rejected(Rejection why);

    /** The control server cannot be asked; what is known stays. */
    void unreachable(String why);
  }

  /**
   * One subscription.
   *
   * @param label of its type
   * @param state {@code REQUESTED}, {@code ACKED}, {@code NACKED}, {@code DOES_NOT_EXIST} …
   * @param version of the accepted resource, empty if there is none
   * @param error why a newer version was not accepted, empty if none was refused
   */
  record TransportStatus(String label, String name, String state, String version, String error) {}
}
