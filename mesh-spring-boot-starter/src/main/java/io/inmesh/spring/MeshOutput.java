package io.inmesh.spring;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;

/** The body of a {@link MeshServletResponse}, as bytes. */
final class MeshOutput extends ServletOutputStream {
  /** Something that may fail because the caller has left. */
  private interface Write {
    void run() throws IOException;
  }

  private final ServletOutputStream container;
  private final MeshServletResponse response;
  private boolean ignored;

  MeshOutput(ServletOutputStream container, MeshServletResponse response) {
    this.container = container;
    this.response = response;
  }

  @Override
  public void write(int next) throws IOException {
    if (response.call().recording()) {
      write(new byte[] {(byte) next}, 0, 1);
    } else {
      response.writing(1);
      attempt(() -> container.write(next));
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    response.writing(length);
    response.call().part(bytes, offset, length);
    attempt(() -> container.write(bytes, offset, length));
  }

  @Override
  public void flush() throws IOException {
    response.commit();
    attempt(container::flush);
  }

  @Override
  public void close() throws IOException {
    response.commit();
    attempt(container::close);
  }

  private void attempt(Write write) throws IOException {
    if (ignored) {
      return;
    }
    try {
      write.run();
    } catch (IOException gone) {
      ignored = response.call().broken();
      if (!ignored) {
        throw gone;
      }
    }
  }

  @Override
  public boolean isReady() {
    return ignored || container.isReady();
  }

  @Override
  public void setWriteListener(WriteListener listener) {
    container.setWriteListener(listener);
  }
}
