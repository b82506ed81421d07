using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.TestKit.Servers;

/// <summary>
/// A server of Consul's HTTP API on a real loopback socket that misbehaves when told to; otherwise it answers, and holds, as
/// <see cref="ScriptedServerClient"/> does. Bytes go out as the script wrote them, so answers may be no HTTP at all.
/// </summary>
public sealed class ScriptedConsulServer : IAsyncDisposable
{
    private const string LeafPath = "/v1/agent/connect/ca/leaf/";

    private static readonly JsonSerializerOptions Json = new()
    {
        Converters = { new Rfc3339Converter() },
        Encoder = GoJsonEncoder.Instance,
    };

    private readonly ConcurrentQueue<ScriptedRequest> _requests = new();
    private readonly ConcurrentQueue<ScriptedRequest> _probes = new();
    private readonly Dictionary<string, ScriptedLeaf> _leaves = new(StringComparer.Ordinal);
    private TaskCompletionSource _renewed = NewSignal();
    private readonly ConcurrentDictionary<Socket, bool> _connections = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _arrived = NewSignal();
    private int _left;
    private CancellationTokenSource _script = new();
    private Func<ScriptedRequest, Task<ScriptedAnswer?>> _fault = static _ => Task.FromResult<ScriptedAnswer?>(null);
    private Socket? _listener;

    private ScriptedConsulServer(ScriptedServerClient content, int port)
    {
        Content = content;
        Port = port;
        Listen();
    }

    /// <summary>What it serves while it behaves.</summary>
    public ScriptedServerClient Content { get; }

    public int Port { get; private set; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>How often somebody looked whether the server is there.</summary>
    public int Probes => _probes.Count;

    /// <summary>Whether it signs; a server of the reference's does not, and makes leaves itself.</summary>
    public bool Signs { get; set; } = true;

    /// <summary>What it makes of the leaf of its own before it is answered, for a server that answers another's.</summary>
    public Func<JsonObject, JsonObject> Leaf { get; set; } = static leaf => leaf;

    /// <summary>What the server says when asked who leads; empty for nobody.</summary>
    public string Leader { get; set; } = "127.0.0.1:8300";

    /// <summary>Every request that arrived, in order, but for those that look whether the server is there.</summary>
    public IReadOnlyList<ScriptedRequest> Requests => [.. _requests];

    public static ScriptedConsulServer Start(ScriptedServerClient? content = null) => new(content ?? new ScriptedServerClient(TimeProvider.System), 0);

    /// <summary>From now on requests are answered so; null from the script means as usual. Requests that are being held are looked at anew.</summary>
    public void Script(Func<ScriptedRequest, Task<ScriptedAnswer?>> fault)
    {
        CancellationTokenSource former;
        lock (_gate)
        {
            _fault = fault;
            (former, _script) = (_script, new CancellationTokenSource());
        }

        former.Cancel();
    }

    /// <inheritdoc cref="Script(Func{ScriptedRequest, Task{ScriptedAnswer}})"/>
    public void Script(Func<ScriptedRequest, ScriptedAnswer?> fault) => Script(request => Task.FromResult(fault(request)));

    public void Heal() => Script(static _ => (ScriptedAnswer?)null);

    /// <summary>Stops listening and resets every connection; <see cref="Listen"/> comes back on the same port.</summary>
    public void Refuse()
    {
        _listener?.Dispose();
        _listener = null;
        foreach (var connection in _connections.Keys)
        {
            Reset(connection);
        }
    }

    public void Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        listener.Listen(512);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        _listener = listener;
        _ = AcceptAsync(listener);
    }

    /// <summary>Waits until so many requests of a kind have arrived.</summary>
    public async Task<IReadOnlyList<ScriptedRequest>> SeenAsync(int count, Func<ScriptedRequest, bool> kind)
    {
        IReadOnlyList<ScriptedRequest> seen = [];
        await HappenedAsync(() => (seen = [.. _requests.Where(kind)]).Count >= count);
        return seen;
    }

    /// <summary>Waits until so many requests were given up by who made them, before they were answered.</summary>
    public Task LeftAsync(int count) => HappenedAsync(() => Volatile.Read(ref _left) >= count);

    private async Task HappenedAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            Task arrived;
            lock (_gate)
            {
                arrived = _arrived.Task;
            }

            if (condition())
            {
                return;
            }

            await arrived.WaitAsync(limit.Token);
        }
    }

    public ValueTask DisposeAsync()
    {
        Refuse();
        _script.Cancel();
        return ValueTask.CompletedTask;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Zero linger: the other side gets a reset instead of an end.
    private static void Reset(Socket connection)
    {
        try
        {
            connection.LingerState = new LingerOption(enable: true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        connection.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync();
                connection.NoDelay = true;
                _connections[connection] = true;
                _ = ServeAsync(connection);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // No longer listening.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        try
        {
            while (await ReadAsync(connection) is { } request)
            {
                (request.IsProbe ? _probes : _requests).Enqueue(request);
                Signal();
                var answer = await AnswerAsync(connection, request);
                if (answer.IsReset)
                {
                    Reset(connection);
                    return;
                }

                await connection.SendAsync(answer.Bytes);
                foreach (var piece in answer.Then)
                {
                    await connection.SendAsync(await piece);
                }

                if (answer.Closes)
                {
                    // What is closed while a read is pending resets the connection, and the other side loses what it has not read yet.
                    connection.Shutdown(SocketShutdown.Send);
                    await connection.ReceiveAsync(new byte[1]);
                    return;
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client went away, or the server does.
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    private void Signal()
    {
        TaskCompletionSource arrived;
        lock (_gate)
        {
            (arrived, _arrived) = (_arrived, NewSignal());
        }

        arrived.TrySetResult();
    }

    private async Task<ScriptedAnswer> AnswerAsync(Socket connection, ScriptedRequest request)
    {
        // Nothing follows a request before its answer: what ends the read is the client's going away (http-conventions IDX-11).
        using var left = new CancellationTokenSource();
        var watch = WatchAsync(connection, left);
        while (true)
        {
            CancellationToken changed;
            Func<ScriptedRequest, Task<ScriptedAnswer?>> fault;
            lock (_gate)
            {
                (fault, changed) = (_fault, _script.Token);
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(left.Token, changed);
            try
            {
                return await fault(request).WaitAsync(left.Token) ?? await UsualAsync(request, either.Token);
            }
            catch (OperationCanceledException) when (left.IsCancellationRequested)
            {
                Interlocked.Increment(ref _left);
                Signal();
                throw;
            }
            catch (OperationCanceledException) when (!left.IsCancellationRequested && changed.IsCancellationRequested)
            {
                // Another script.
            }
        }
    }

    private static async Task WatchAsync(Socket connection, CancellationTokenSource left)
    {
        try
        {
            if (await connection.ReceiveAsync(new byte[1], SocketFlags.Peek) == 0)
            {
                await left.CancelAsync();
            }
        }
        catch (SocketException)
        {
            await left.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // Answered and closed.
        }
    }

    private async Task<ScriptedAnswer> UsualAsync(ScriptedRequest request, CancellationToken cancellationToken)
    {
        try
        {
            switch (request.Path)
            {
                case "/v1/status/leader":
                    return ScriptedAnswer.Ok(JsonSerializer.Serialize(Leader), index: null);
                case "/v1/connect/ca/roots":
                    var roots = await Content.ReadRootsAsync(request.Query(), cancellationToken);
                    return ScriptedAnswer.Ok(JsonSerializer.Serialize(roots.Value, Json), roots.Index);
                case "/v1/connect/ca/revoked":
                    var revoked = await Content.ReadRevokedAsync(request.Query(), cancellationToken);
                    return ScriptedAnswer.Ok(JsonSerializer.Serialize(revoked.Value, Json), revoked.Index);
                case "/v1/connect/intentions/match":
                    var names = request.All("name");
                    var matches = await Content.MatchIntentionsAsync(
                        new MatchNames(request.First("by") == "destination", names), request.Query(), cancellationToken);
                    var reply = new Dictionary<string, IReadOnlyList<Intention>?>(StringComparer.Ordinal);
                    foreach (var (name, match) in names.Zip(matches.Value))
                    {
                        reply[name] = match.Intentions.Count == 0 ? null : match.Intentions;
                    }

                    return ScriptedAnswer.Ok(JsonSerializer.Serialize(reply, Json), matches.Index);
                case var path when path.StartsWith("/v1/health/", StringComparison.Ordinal):
                    return await HealthAsync(path["/v1/health/".Length..].Split('/'), request, cancellationToken);
                case "/v1/acl/token/self":
                    await Content.ResolveTokenAsync(request.Token, cancellationToken);
                    return ScriptedAnswer.Ok("""{"AccessorID":"an accessor"}""", index: null);
                case "/v1/internal/acl/authorize":
                    return ScriptedAnswer.Ok(Allowed(request, await Content.ResolveTokenAsync(request.Token, cancellationToken)), index: null);
                case var path when !Signs && path.StartsWith(LeafPath, StringComparison.Ordinal):
                    return await LeafAsync(path[LeafPath.Length..], request, cancellationToken);
                case "/v1/connect/ca/sign" when request.Method == "PUT" && Signs:
                    var body = JsonNode.Parse(request.Body)!;
                    var identity = new ServiceId(ScriptedServerClient.TrustDomainName, request.First("dc"), (string)body["Service"]!);
                    var pem = (string)body["CSR"]!;
                    var signed = await Content.SignLeafAsync(
                        identity, Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]), request.Token, cancellationToken);
                    return ScriptedAnswer.Ok(
                        new JsonObject { ["CertPEM"] = signed.CertificatePem, ["ModifyIndex"] = signed.Index }.ToJsonString(), index: null);
                default:
                    return ScriptedAnswer.Text(404, string.Empty);
            }
        }
        catch (ServerException error)
        {
            var status = error.Kind switch
            {
                FailureKind.UnknownToken or FailureKind.PermissionDenied => 403,
                FailureKind.RateLimited => 429,
                FailureKind.Invalid => 400,
                _ => 500,
            };
            return ScriptedAnswer.Text(status, error.Message);
        }
    }

    private async Task<ScriptedAnswer> HealthAsync(string[] path, ScriptedRequest request, CancellationToken cancellationToken)
    {
        if (path is not ["connect" or "service", var service])
        {
            return ScriptedAnswer.Text(404, string.Empty);
        }

        var question = new HealthQuery(
            path[0] == "connect", Uri.UnescapeDataString(service), request.All("tag"), request.All("node-meta"), request.First("filter"));
        var read = await Content.ReadHealthAsync(question, request.Query(), cancellationToken);
        return ScriptedAnswer.Of(
            200,
            Encoding.UTF8.GetString(read.Value.Json.Span),
            $"X-Consul-Index: {read.Index}",
            read.Value.IsFiltered ? "X-Consul-Results-Filtered-By-Acls: true" : null);
    }

    // acl ACL-AUZ-1.
    private static string Allowed(ScriptedRequest request, TokenRights rights)
    {
        var questions = JsonNode.Parse(request.Body)!.AsArray();
        foreach (var question in questions)
        {
            question!["Allow"] = rights.Allows(
                Enum.Parse<AclResource>((string)question["Resource"]!, ignoreCase: true),
                (string?)question["Segment"] ?? string.Empty,
                Enum.Parse<AclAccess>((string)question["Access"]!, ignoreCase: true));
        }

        return questions.ToJsonString();
    }

    /// <summary>Makes a new leaf in the place of the one of a service.</summary>
    public async Task RenewLeafAsync(string service)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var identity = new ServiceId(ScriptedServerClient.TrustDomainName, ScriptedServerClient.Datacenter, service);
        var signed = await Content.SignLeafAsync(identity, CertificateRequests.For(identity, key), string.Empty, CancellationToken.None);
        TaskCompletionSource renewed;
        lock (_gate)
        {
            _leaves[service] = new ScriptedLeaf(signed.CertificatePem, key.ExportECPrivateKeyPem(), signed.Index);
            (renewed, _renewed) = (_renewed, NewSignal());
        }

        renewed.TrySetResult();
    }

    // As an agent of the reference's does: made at the first read, and held until there is another.
    private async Task<ScriptedAnswer> LeafAsync(string service, ScriptedRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            ScriptedLeaf? leaf;
            Task renewed;
            lock (_gate)
            {
                (leaf, renewed) = (_leaves.GetValueOrDefault(service), _renewed.Task);
            }

            if (leaf is null)
            {
                await RenewLeafAsync(service);
            }
            else if (request.Holds && request.Query().Blocking.Index >= leaf.Index)
            {
                await renewed.WaitAsync(cancellationToken);
            }
            else
            {
                var json = Leaf(new JsonObject { ["CertPEM"] = leaf.CertificatePem, ["PrivateKeyPEM"] = leaf.PrivateKeyPem, ["Service"] = service });
                return ScriptedAnswer.Ok(json.ToJsonString(), leaf.Index);
            }
        }
    }

    private static async Task<ScriptedRequest?> ReadAsync(Socket connection)
    {
        var bytes = new List<byte>();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var text = Encoding.ASCII.GetString([.. bytes]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0 && ScriptedRequest.Parse(text[..end]) is var request && bytes.Count - end - 4 >= request.Length)
            {
                return request with { Body = Encoding.UTF8.GetString([.. bytes.Skip(end + 4).Take(request.Length)]) };
            }

            var read = await connection.ReceiveAsync(buffer);
            if (read == 0)
            {
                return null;
            }

            bytes.AddRange(buffer.AsSpan(0, read));
        }
    }
}

/// <summary>A request as it came over the socket.</summary>
/// <param name="Method">An HTTP method.</param>
/// <param name="Target">Path and query, raw.</param>
/// <param name="Headers">By name, without case.</param>
/// <param name="At">When it came, on the monotonic clock.</param>
public sealed record ScriptedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, long At)
{
    public string Body { get; init; } = string.Empty;

    public string Path => Target.Split('?')[0];

    public string Token => Headers.GetValueOrDefault("X-Consul-Token", string.Empty);

    public int Length => int.Parse(Headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture);

    public bool IsProbe => Target == "/v1/status/leader";

    public bool IsRoots => Path == "/v1/connect/ca/roots";

    public bool IsMatch => Path == "/v1/connect/intentions/match";

    public bool IsHealth => Path.StartsWith("/v1/health/", StringComparison.Ordinal);

    public bool IsLeaf => Path.StartsWith("/v1/agent/connect/ca/leaf/", StringComparison.Ordinal);

    public bool IsSign => Path == "/v1/connect/ca/sign";

    /// <summary>Whether the server may hold it.</summary>
    public bool Holds => First("index").Length > 0;

    public static ScriptedRequest Parse(string head)
    {
        var lines = head.Split("\r\n");
        var first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(
            pair => pair[0], pair => pair[1].Trim(), StringComparer.OrdinalIgnoreCase);
        return new ScriptedRequest(first[0], first[1], headers, TimeProvider.System.GetTimestamp());
    }

    public string First(string name) => All(name) is [var value, ..] ? value : string.Empty;

    public IReadOnlyList<string> All(string name) =>
    [
        .. (Target.Split('?') is [_, var query] ? query : string.Empty).Split('&').Select(pair => pair.Split('=', 2))
            .Where(pair => pair.Length == 2 && pair[0] == name).Select(pair => Uri.UnescapeDataString(pair[1])),
    ];

    public ServerQuery Query()
    {
        var wait = First("wait");
        return new ServerQuery(
            First("dc"),
            Token,
            new BlockingQuery(
                Holds ? ulong.Parse(First("index"), CultureInfo.InvariantCulture) : 0,
                wait.Length > 0 ? TimeSpan.FromMilliseconds(long.Parse(wait[..^2], CultureInfo.InvariantCulture)) : null));
    }
}

/// <summary>What goes out over the socket.</summary>
/// <param name="Closes">Whether the connection ends behind it.</param>
public sealed record ScriptedAnswer(byte[] Bytes, bool Closes = false)
{
    /// <summary>Sent behind it, each piece when it is there.</summary>
    public IReadOnlyList<Task<byte[]>> Then { get; init; } = [];

    /// <summary>The connection is reset instead of answered.</summary>
    public static ScriptedAnswer Reset { get; } = new([]) { IsReset = true };

    public bool IsReset { get; private init; }

    public static ScriptedAnswer Ok(string json, ulong? index) => Of(200, json, index is { } known ? $"X-Consul-Index: {known}" : null);

    public static ScriptedAnswer Text(int status, string text, params string[] headers) => Of(status, text, headers);

    /// <summary>An answer with these header lines; the length is added.</summary>
    public static ScriptedAnswer Of(int status, string body, params string?[] headers)
    {
        var content = Encoding.UTF8.GetBytes(body);
        var head = new StringBuilder($"HTTP/1.1 {status} x\r\nContent-Length: {content.Length}\r\n");
        foreach (var line in headers.Where(line => line is not null))
        {
            head.Append(line).Append("\r\n");
        }

        return new ScriptedAnswer([.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. content]);
    }

    /// <summary>Bytes that may be anything; the connection ends behind them.</summary>
    public static ScriptedAnswer Raw(string text) => new(Encoding.Latin1.GetBytes(text), Closes: true);
}

/// <summary>A leaf that the server made itself.</summary>
internal sealed record ScriptedLeaf(string CertificatePem, string PrivateKeyPem, ulong Index);
