package io.inmesh.spring;

import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The body of a {@link MeshServletResponse}, as characters. */
final class MeshWriter extends PrintWriter {
  /** Where what is ASCII takes one byte, and nothing more than three for each {@code char}. */
  private static final Set<Charset> SHORT =
      Set.of(StandardCharsets.UTF_8, StandardCharsets.ISO_8859_1, StandardCharsets.US_ASCII);

  private final MeshServletResponse response;
  private final boolean compact;

  /** Encodes them once more, for the record; null: there is none. */
  private final @Nullable Writer record;

  MeshWriter(PrintWriter container, MeshServletResponse response) {
    super(container);
    this.response = response;
    Charset charset = Charset.forName(response.getCharacterEncoding());
    this.compact = SHORT.contains(charset);
    this.record =
        response.call().recording()
            ? new OutputStreamWriter(new Parts(response.call()), charset)
            : null;
  }

  /** What was encoded, for the record. */
  private static final class Parts extends OutputStream {
    private final ServletCall call;

    Parts(ServletCall call) {
      this.call = call;
    }

    @Override
    public void write(int next) {
      write(new byte[] {(byte) next}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      call.part(bytes, offset, length);
    }
  }

  private void writing(CharSequence text) {
    int bytes = compact ? 0 : 4 * text.length();
    for (int i = 0; compact && i < text.length(); i++) {
      bytes += text.charAt(i) < 0x80 ? 1 : 3;
    }
    response.writing(bytes);
    if (record != null) {
      try {
        record.append(text);
        record.flush(); // what is begun anew is to have nothing of this
      } catch (IOException never) {
        throw new UncheckedIOException(never);
      }
    }
  }

  @Override
  public void write(int next) {
    writing(String.valueOf((char) next));
    super.write(next);
  }

  @Override
  public void write(char[] text, int offset, int length) {
    writing(CharBuffer.wrap(text, offset, length));
    super.write(text, offset, length);
  }

  @Override
  public void write(String text, int offset, int length) {
    writing(CharBuffer.wrap(text, offset, offset + length));
    super.write(text, offset, length);
  }

  @Override
  public void println() {
    write(System.lineSeparator());
  }

  @Override
  public void flush() {
    response.commit();
    super.flush();
  }

  @Override
  public void close() {
    response.commit();
    super.close();
  }
}
