package io.inmesh.http.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * HTTP/1.1 on the wire (RFC 9112): Netty's decoders made strict, and encoders that write our heads
 * without a detour. What is written has been checked by {@link FieldSyntax}.
 */
public final class Http1Codec {
  /** The most header fields a message may have. */
  public static final int MAX_FIELDS = 100;

  private static final int MAX_CHUNK = 16 * 1024;
  private static final byte[] VERSION = " HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HOST = "host: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] STATUS = "HTTP/1.1 ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LENGTH = "content-length: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] CHUNKED =
      "transfer-encoding: chunked\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int CRLF = '\r' << 8 | '\n';
  private static final int SEPARATOR = ':' << 8 | ' ';

  private Http1Codec() {}

  /** A message that says its length twice, in two ways: how requests are smuggled. */
  static final class ConflictingLength extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    ConflictingLength() {
      super("both content-length and transfer-encoding");
    }
  }

  /** Decodes responses; is told the method, since a response to HEAD has no body. */
  static final class ResponseDecoder extends HttpResponseDecoder {
    private boolean head;

    ResponseDecoder(int maxHeaderBytes) {
      super(config(maxHeaderBytes));
    }

    void expect(String method) {
      head = method.equals("HEAD");
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
      return (head && ((HttpResponse) message).status().code() >= 200)
          || super.isContentAlwaysEmpty(message);
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
      throw new ConflictingLength();
    }
  }

  /**
   * Decodes requests. Refuses a field that goes on in the next line (obs-fold), which Netty would
   * join: RFC 9112 section 5.2 allows either, and who joins may see a field that others do not.
   */
  public static final class RequestDecoder extends HttpRequestDecoder {
    private boolean inHead = true;
    private boolean afterLine;
    private boolean refused;

    /** A decoder with a limit for the size of the head. */
    public RequestDecoder(int maxHeaderBytes) {
      super(config(maxHeaderBytes));
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
        throws Exception {
      if (refused) {
        in.skipBytes(in.readableBytes());
        return;
      }
      if (inHead && folded(in)) {
        refused = true;
        in.skipBytes(in.readableBytes());
        HttpMessage invalid = createInvalidMessage();
        invalid.setDecoderResult(
            DecoderResult.failure(new IllegalArgumentException("folded header field")));
        out.add(invalid);
        return;
      }
      int before = out.size();
      int start = in.readerIndex();
      super.decode(ctx, in, out);
      afterLine |= in.readerIndex() > start;
      for (int i = before; i < out.size(); i++) {
        inHead = out.get(i) instanceof LastHttpContent;
        afterLine = false;
      }
    }

    /** Whether a line of the head begins with white space; complete lines are looked at once. */
    private boolean folded(ByteBuf in) {
      int line = in.readerIndex();
      boolean inside = afterLine;
      while (line < in.writerIndex()) {
        byte first = in.getByte(line);
        if (inside && (first == ' ' || first == '\t')) {
          return true;
        }
        if (inside && (first == '\r' || first == '\n')) {
          return false; // the end of the head
        }
        int end = in.indexOf(line, in.writerIndex(), (byte) '\n');
        if (end < 0) {
          return false;
        }
        inside |= first != '\r' && first != '\n'; // empty lines before a request are skipped
        line = end + 1;
      }
      return false;
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
      throw new ConflictingLength();
    }
  }

  private static HttpDecoderConfig config(int maxHeaderBytes) {
    return new HttpDecoderConfig()
        .setMaxInitialLineLength(Math.min(maxHeaderBytes, 16 * 1024))
        .setMaxHeaderSize(maxHeaderBytes)
        .setMaxChunkSize(MAX_CHUNK)
        .setAllowDuplicateContentLengths(false)
        .setStrictLineParsing(true)
        .setUseRfc9112TransferEncoding(true);
  }

  /** Decoded fields as ours. */
  public static Fields fields(HttpHeaders decoded) {
    Fields fields = new Fields(decoded.size());
    Iterator<Map.Entry<CharSequence, CharSequence>> all = decoded.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> field = all.next();
      fields.append(lowerName(field.getKey()), field.getValue().toString());
    }
    return fields;
  }

  /** A decoded name as a lower-case string. */
  static String lowerName(CharSequence name) {
    return name instanceof AsciiString ascii
        ? ascii.toLowerCase().toString()
        : FieldSyntax.lower(name.toString());
  }

  /**
   * Writes a request head.
   *
   * @param length of the body; -1: not known
   */
  static void writeRequest(ByteBuf out, HttpHead head, long length, boolean body) {
    out.writeCharSequence(head.method(), StandardCharsets.US_ASCII);
    out.writeByte(' ');
    out.writeCharSequence(head.path(), StandardCharsets.US_ASCII);
    out.writeBytes(VERSION);
    out.writeBytes(HOST);
    out.writeCharSequence(head.authority(), StandardCharsets.US_ASCII);
    out.writeShort(CRLF);
    writeFields(out, head.headers());
    if (body && length < 0) {
      out.writeBytes(CHUNKED);
    } else if (body || length > 0 || impliesBody(head.method())) {
      writeLength(out, length);
    }
    out.writeShort(CRLF);
  }

  /**
   * Writes a response head.
   *
   * @param length of the body; -1: chunked; -2: none is announced
   */
  public static void writeResponse(ByteBuf out, int status, Fields fields, long length) {
    out.writeBytes(STATUS);
    writeDecimal(out, status);
    out.writeByte(' ');
    out.writeCharSequence(
        io.netty.handler.codec.http.HttpResponseStatus.valueOf(status).reasonPhrase(),
        StandardCharsets.US_ASCII);
    out.writeShort(CRLF);
    writeFields(out, fields);
    if (length == -1) {
      out.writeBytes(CHUNKED);
    } else if (length >= 0) {
      writeLength(out, length);
    }
    out.writeShort(CRLF);
  }

  private static void writeFields(ByteBuf out, Fields fields) {
    for (int i = 0; i < fields.size(); i++) {
      out.writeCharSequence(fields.name(i), StandardCharsets.US_ASCII);
      out.writeShort(SEPARATOR);
      out.writeCharSequence(fields.value(i), StandardCharsets.ISO_8859_1);
      out.writeShort(CRLF);
    }
  }

  private static void writeLength(ByteBuf out, long length) {
    out.writeBytes(LENGTH);
    writeDecimal(out, length);
    out.writeShort(CRLF);
  }

  /** Writes what precedes a chunk's data. */
  public static void writeChunkStart(ByteBuf out, int bytes) {
    out.writeCharSequence(Integer.toHexString(bytes), StandardCharsets.US_ASCII);
    out.writeShort(CRLF);
  }

  /** Writes what follows a chunk's data, and the end of the body after the last. */
  public static void writeChunkEnd(ByteBuf out, boolean data, boolean last) {
    if (data) {
      out.writeShort(CRLF);
    }
    if (last) {
      out.writeBytes(LAST_CHUNK);
    }
  }

  private static boolean impliesBody(String method) {
    return method.equals(HttpMethod.POST.name())
        || method.equals(HttpMethod.PUT.name())
        || method.equals(HttpMethod.PATCH.name());
  }

  private static void writeDecimal(ByteBuf out, long value) {
    if (value >= 10) {
      writeDecimal(out, value / 10);
    }
    out.writeByte((int) ('0' + value % 10));
  }

  /** A private copy of readable bytes. */
  public static byte[] copy(ByteBuf data) {
    return ByteBufUtil.getBytes(data);
  }
}
