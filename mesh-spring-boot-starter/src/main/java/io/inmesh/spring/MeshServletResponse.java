package io.inmesh.spring;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/**
 * The response the application writes: finds out when the container is about to send its head, so
 * that it can be changed as late as possible. Everything is passed on at once.
 */
final class MeshServletResponse extends HttpServletResponseWrapper {
  private final HttpServletResponse response;
  private final ServletCall call;
  private @Nullable MeshOutput output;
  private @Nullable MeshWriter writer;

  /** Bytes of the body; at least, if a writer wrote them. */
  private long written;

  /** What the application says the body will have; negative: it has not. */
  private long length = -1;

  private boolean committing;

  MeshServletResponse(HttpServletResponse response, ServletCall call) {
    super(response);
    this.response = response;
    this.call = call;
  }

  /** The head may leave with what comes next. */
  void commit() {
    if (!committing) {
      committing = true;
      if (!response.isCommitted()) {
        call.committing(response);
      }
    }
  }

  /** So many bytes more come next. */
  void writing(long bytes) {
    written += bytes;
    if (!committing && (written >= getBufferSize() || (length >= 0 && written >= length))) {
      commit();
    }
  }

  ServletCall call() {
    return call;
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    MeshOutput known = output;
    if (known == null) {
      known = new MeshOutput(super.getOutputStream(), this);
      output = known;
    }
    return known;
  }

  @Override
  public PrintWriter getWriter() throws IOException {
    MeshWriter known = writer;
    if (known == null) {
      known = new MeshWriter(super.getWriter(), this);
      writer = known;
    }
    return known;
  }

  @Override
  public void flushBuffer() throws IOException {
    commit();
    try {
      super.flushBuffer();
    } catch (IOException gone) {
      if (!call.broken()) {
        throw gone;
      }
    }
  }

  @Override
  public void sendError(int status, String message) throws IOException {
    failing(status);
    super.sendError(status, message);
  }

  @Override
  public void sendError(int status) throws IOException {
    failing(status);
    super.sendError(status);
  }

  private void failing(int status) {
    if (!response.isCommitted()) {
      call.sendError(response, status);
    }
  }

  @Override
  public void sendRedirect(String location) throws IOException {
    sendRedirect(location, SC_FOUND, true);
  }

  @Override
  public void sendRedirect(String location, int status, boolean clearBuffer) throws IOException {
    if (!response.isCommitted()) {
      committing = true;
      call.reset();
      response.setHeader("Location", location);
      call.respond(response, status);
    }
    super.sendRedirect(location, status, clearBuffer);
    call.record(response); // which may have completed the location
  }

  @Override
  public void reset() {
    super.reset();
    begin();
    length = -1;
    output = null;
    writer = null;
  }

  @Override
  public void resetBuffer() {
    super.resetBuffer();
    begin();
  }

  private void begin() {
    written = 0;
    call.reset();
  }

  @Override
  public void setContentLength(int bytes) {
    length = bytes;
    super.setContentLength(bytes);
  }

  @Override
  public void setContentLengthLong(long bytes) {
    length = bytes;
    super.setContentLengthLong(bytes);
  }

  @Override
  public void setHeader(String name, String value) {
    length(name, value);
    super.setHeader(name, value);
  }

  @Override
  public void addHeader(String name, String value) {
    length(name, value);
    super.addHeader(name, value);
  }

  @Override
  public void setIntHeader(String name, int value) {
    length(name, Integer.toString(value));
    super.setIntHeader(name, value);
  }

  @Override
  public void addIntHeader(String name, int value) {
    length(name, Integer.toString(value));
    super.addIntHeader(name, value);
  }

  private void length(String name, @Nullable String value) {
    if (name.equalsIgnoreCase("content-length")) {
      try {
        length = value == null ? -1 : Long.parseLong(value);
      } catch (NumberFormatException invalid) {
        length = -1; // containers ignore it, too
      }
    }
  }
}
