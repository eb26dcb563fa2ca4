package io.inmesh.benchmarks.profile;

import java.lang.constant.ClassDesc;
import java.util.Arrays;
import java.util.List;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;

/**
 * A method on a stack.
 *
 * @param type the name of its class, with its package
 * @param method its name
 */
record Frame(String type, String method) {
  private static final String OURS = "io.inmesh.";

  static Frame of(RecordedFrame frame) {
    RecordedMethod method = frame.getMethod();
    return new Frame(name(method.getType().getName()), method.getName());
  }

  /** A class as sources write it; one that the JVM made without its number. */
  static String name(String type) {
    return type.startsWith("[")
        ? ClassDesc.ofDescriptor(type.replace('.', '/')).displayName()
        : type.replaceFirst("\\$\\$Lambda.*", "\\$\\$Lambda").replaceFirst("[/+]0x.*", "");
  }

  /** Whether it is a method of this project. */
  boolean ours() {
    return type.startsWith(OURS);
  }

  /** The package: two names of it, of ours four, as {@code io.inmesh.http.netty}. */
  String group() {
    List<String> names = Arrays.asList(type.split("\\.", -1));
    int most = ours() ? 4 : 2;
    return String.join(".", names.subList(0, Math.min(most, names.size() - 1)));
  }

  @Override
  public String toString() {
    return type + "." + method;
  }
}
