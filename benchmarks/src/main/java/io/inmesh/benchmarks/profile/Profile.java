package io.inmesh.benchmarks.profile;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/**
 * What a flight recording sampled.
 *
 * @param code threads that ran Java code, each sample counting one
 * @param nativeCode threads in native code, whether it ran or waited; sampled at another rate
 * @param allocation classes, each sample counting the bytes it stands for
 */
record Profile(Samples code, Samples nativeCode, Samples allocation) {
  private static final String CODE = "jdk.ExecutionSample";
  private static final String NATIVE_CODE = "jdk.NativeMethodSample";
  private static final String ALLOCATION = "jdk.ObjectAllocationSample";

  /**
   * Reads a recording.
   *
   * @param last how much of its end counts; null: all of it
   */
  static Profile of(Path recording, @Nullable Duration last) throws IOException {
    List<RecordedEvent> events = new ArrayList<>();
    try (RecordingFile file = new RecordingFile(recording)) {
      while (file.hasMoreEvents()) {
        RecordedEvent event = file.readEvent();
        if (List.of(CODE, NATIVE_CODE, ALLOCATION).contains(event.getEventType().getName())) {
          events.add(event);
        }
      }
    }
    Profile profile = new Profile(new Samples(), new Samples(), new Samples());
    Instant end =
        events.stream()
            .map(RecordedEvent::getEndTime)
            .max(Comparator.naturalOrder())
            .orElse(Instant.EPOCH);
    events.stream()
        .filter(event -> last == null || !event.getStartTime().isBefore(end.minus(last)))
        .forEach(profile::add);
    return profile;
  }

  private void add(RecordedEvent event) {
    switch (event.getEventType().getName()) {
      case CODE -> code.add(thread(event), stack(event), 1);
      case NATIVE_CODE -> nativeCode.add(thread(event), stack(event), 1);
      default ->
          allocation.add(
              Frame.name(event.getClass("objectClass").getName()),
              stack(event),
              event.getLong("weight"));
    }
  }

  /** The thread's name; those that only differ in a number are one. */
  private static String thread(RecordedEvent event) {
    @Nullable RecordedThread thread = event.getThread("sampledThread");
    @Nullable String name = thread == null ? null : thread.getJavaName();
    return name == null ? "(no name)" : name.replaceAll("\\d+", "#");
  }

  private static List<Frame> stack(RecordedEvent event) {
    @Nullable RecordedStackTrace stack = event.getStackTrace();
    return stack == null ? List.of() : stack.getFrames().stream().map(Frame::of).toList();
  }
}
