using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Http.Wire;

/// <summary>Reads and decodes request bodies; bounded (http-conventions BODY-6).</summary>
internal static class RequestBody
{
    /// <summary>The longest body that any endpoint takes, in bytes.</summary>
    [Limit(LimitName, "bytes", "refused: 413", Refuses = true)]
    public const int Longest = 1024 * 1024;

    private const string LimitName = "http.body";

    /// <summary>Decodes the first JSON value of the body, whatever its content type says (BODY-1).</summary>
    /// <param name="request">Whose body.</param>
    /// <param name="schema">What the value must be.</param>
    /// <param name="refuse">Makes the endpoint's error of the reference's error text (BODY-4).</param>
    /// <exception cref="WireException">What <paramref name="refuse"/> made, or 413.</exception>
    public static Task<T> ReadAsync<T>(WireRequest request, SchemaType<T> schema, Func<string, WireException> refuse) =>
        ReadAsync(request, body =>
        {
            try
            {
                return Decode(body, schema);
            }
            catch (GoJsonException error)
            {
                var refused = refuse(error.Message);
                throw error.Limit is null ? refused : new WireException(refused.Status, refused.Message) { Limit = error.Limit };
            }
        });

    /// <summary>The same, refused as most endpoints do: 400 <c>Request decode failed</c> (BODY-4).</summary>
    /// <exception cref="WireException">400 or 413.</exception>
    public static Task<T> ReadAsync<T>(WireRequest request, SchemaType<T> schema) =>
        ReadAsync(request, schema, static error => WireException.BadRequest("Request decode failed: " + error));

    /// <summary>The same words without the prefix, as the endpoints of agent, catalog and queries have them (services CONV-7).</summary>
    public static WireException Undecodable(string error) => WireException.Invalid("Request decode failed: " + error);

    /// <summary>Reads a body that is plain text.</summary>
    /// <exception cref="WireException">413.</exception>
    public static Task<string> ReadTextAsync(WireRequest request) => ReadAsync(request, static body => Encoding.UTF8.GetString(body));

    /// <summary>A body that is longer than it may be: 413.</summary>
    public static WireException TooLong(long longest = Longest) =>
        new(StatusCodes.Status413PayloadTooLarge, $"Request body too large, max size: {longest} bytes.") { Limit = LimitName };

    private static async Task<T> ReadAsync<T>(WireRequest request, Func<ReadOnlySequence<byte>, T> use)
    {
        var body = request.Context.Request.BodyReader;
        while (true)
        {
            var read = await body.ReadAsync(request.Aborted);
            if (read.Buffer.Length > Longest)
            {
                body.AdvanceTo(read.Buffer.End);
                throw TooLong();
            }

            var taken = read.IsCompleted ? read.Buffer.End : read.Buffer.Start;
            try
            {
                LargeRequests.Read(request.Context, read.Buffer.Length);
                if (read.IsCompleted)
                {
                    return use(read.Buffer);
                }
            }
            finally
            {
                body.AdvanceTo(taken, read.Buffer.End);
            }
        }
    }

    /// <summary>Decodes a body that is in memory.</summary>
    /// <exception cref="GoJsonException">With the reference's words.</exception>
    internal static T DecodeBytes<T>(ReadOnlyMemory<byte> body, SchemaType<T> schema) => Decode(new ReadOnlySequence<byte>(body), schema);

    private static T Decode<T>(ReadOnlySequence<byte> body, SchemaType<T> schema)
    {
        var length = (int)body.Length;
        var rented = ArrayPool<byte>.Shared.Rent(length + 1);
        try
        {
            body.CopyTo(rented);
            rented[length] = (byte)' ';
            return GoJson.Decode(rented.AsMemory(0, length + 1), schema);
        }
        finally
        {
            // Bodies hold tokens and keys on some endpoints.
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }
}
