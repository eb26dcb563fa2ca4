package io.inmesh.spring;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/** A body of which the beginning was read, for somebody else, before the application reads it. */
final class ShownBody extends ServletInputStream {
  private final ByteArrayInputStream start;
  private final ServletInputStream rest;

  ShownBody(byte[] start, ServletInputStream rest) {
    this.start = new ByteArrayInputStream(start);
    this.rest = rest;
  }

  @Override
  public int read() throws IOException {
    int next = start.read();
    return next >= 0 ? next : rest.read();
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    return start.available() > 0
        ? start.read(into, offset, length)
        : rest.read(into, offset, length);
  }

  @Override
  public int available() throws IOException {
    return start.available() > 0 ? start.available() : rest.available();
  }

  @Override
  public boolean isFinished() {
    return start.available() == 0 && rest.isFinished();
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void setReadListener(ReadListener listener) {
    throw new IllegalStateException(
        "the body of a request that a policy shows to its provider cannot be read with a listener");
  }
}
