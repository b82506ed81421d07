using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ConnectAgent.Caching.Sealing;

/// <summary>How the entries of one kind are written to the sealed file, and made of it again.</summary>
internal abstract class SealedCodec<TRequest, TValue>
{
    /// <summary>Writes an entry.</summary>
    /// <param name="payload">Zeroed afterwards: the only copy.</param>
    /// <param name="head">What is the same for all kinds.</param>
    public abstract void Write(IBufferWriter<byte> payload, SealedHead head, TRequest request, TValue value);

    /// <summary>Reads an entry; null when it is none of this kind.</summary>
    /// <exception cref="JsonException">It cannot be read.</exception>
    /// <exception cref="Protocol.Errors.ServerException">What it holds is no such value.</exception>
    public abstract (TRequest Request, TValue Value)? Read(ReadOnlySpan<byte> payload);
}

/// <summary>A codec by way of a JSON document; a field that an older agent wrote is never given another meaning.</summary>
/// <param name="json">Of the document.</param>
internal abstract class SealedCodec<TRequest, TValue, TDocument>(JsonTypeInfo<TDocument> json) : SealedCodec<TRequest, TValue>
    where TDocument : SealedDocument
{
    public sealed override void Write(IBufferWriter<byte> payload, SealedHead head, TRequest request, TValue value)
    {
        var document = Describe(request, value);
        (document.Kind, document.Datacenter, document.Token) = (head.Kind, head.Datacenter, head.Token);
        (document.Index, document.FetchedAt, document.LastRead) = (head.Index, head.FetchedAt, head.LastRead);
        using var writer = new Utf8JsonWriter(payload);
        JsonSerializer.Serialize(writer, document, json);
    }

    public sealed override (TRequest Request, TValue Value)? Read(ReadOnlySpan<byte> payload) =>
        JsonSerializer.Deserialize(payload, json) is { } document ? Restore(document) : null;

    /// <summary>The kind's own part of a document.</summary>
    protected abstract TDocument Describe(TRequest request, TValue value);

    /// <summary>The request and the value that a document describes; null when it describes none.</summary>
    protected abstract (TRequest Request, TValue Value)? Restore(TDocument document);
}
