using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Wire;
using ConnectAgent.Tests.Http.Health;
using FluentAssertions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>
/// What a cache hit allocates, exactly and on any machine: the path that the dispatcher runs, between a request and an answer that a test holds. Beside it
/// the same headers and bytes are written by hand, because the holders themselves allocate.
/// </summary>
public sealed class HitAllocationTests
{
    private const int Times = 1_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("POST", "/v1/agent/connect/authorize", null)]
    [InlineData("POST", "/v1/agent/connect/authorize", "deny")]
    [InlineData("GET", "/v1/agent/connect/ca/roots", null)]
    [InlineData("GET", "/v1/agent/connect/ca/roots", "deny")]
    [InlineData("GET", "/v1/agent/connect/ca/leaf/web?stale&cached=", "deny")]
    [InlineData("GET", "/v1/health/connect/db?passing&stale", null)]
    [InlineData("GET", "/v1/health/connect/db?passing&stale", "deny")]
    [InlineData("GET", "/v1/health/service/db-proxy", "deny")]
    [InlineData("GET", "/v1/agent/connect/ca/leaf/web", null)]
    [InlineData("GET", "/v1/agent/connect/ca/leaf/web", "deny")]
    public async Task A_cache_hit_allocates_nothing(string method, string target, string? policy)
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync(policy, forProduction: true);
        var body = method == "GET"
            ? null
            : Encoding.UTF8.GetBytes($$"""{"Target":"db","ClientCertURI":"{{InProcessAgent.UriOf("web")}}","ClientCertSerial":"04:00:00:00:00:01:15:4b:5a:c3:94"}""");
        var catalog = agent.Services.GetRequiredService<CatalogStore>();
        await catalog.PutAsync("n1", "db-proxy", connectsFor: "db");
        await catalog.PutAsync("n2", "db-proxy", "warning", connectsFor: "db");
        await agent.ExchangeAsync(new HttpMethod(method), target, body);
        var dispatcher = agent.Services.GetRequiredService<WireDispatcher>();
        var held = new HeldExchange(method, target, body ?? []);

        // When
        held.Run(dispatcher).Should().BeTrue("it is answered at once");
        var answer = held.Answer;
        var byHand = HeldExchange.AllocatedBy(() => held.Repeat(answer));
        var byDispatcher = long.MaxValue;
        var start = TimeProvider.System.GetTimestamp();
        while (byDispatcher > byHand && TimeProvider.System.GetElapsedTime(start) < Patience)
        {
            // Code that is not optimized yet allocates what it will not later.
            byDispatcher = Math.Min(byDispatcher, HeldExchange.AllocatedBy(() => held.Run(dispatcher)));
            byHand = Math.Min(byHand, HeldExchange.AllocatedBy(() => held.Repeat(answer)));
        }

        // Then
        (byDispatcher - byHand).Should().BeLessThanOrEqualTo(0);
        held.Answer.Should().BeEquivalentTo(answer);
    }

    /// <summary>A request and its answer, used again and again.</summary>
    private sealed class HeldExchange : IHttpResponseBodyFeature, IRequestBodyPipeFeature
    {
        private readonly DefaultHttpContext _context;
        private readonly HeldBody _body;
        private readonly HeldAnswer _answer = new();

        public HeldExchange(string method, string target, byte[] body)
        {
            _body = new HeldBody(body);
            var features = new FeatureCollection();
            features.Set<IHttpRequestFeature>(new HttpRequestFeature { Method = method, RawTarget = target });
            features.Set<IHttpResponseFeature>(new HttpResponseFeature());
            features.Set<IHttpResponseBodyFeature>(this);
            features.Set<IRequestBodyPipeFeature>(this);
            _context = new DefaultHttpContext(features);
            _context.Request.Headers.Host = "127.0.0.1:8500";
        }

        public (Dictionary<string, string> Headers, byte[] Body) Answer =>
            (_context.Response.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.Ordinal), _answer.Last.ToArray());

        Stream IHttpResponseBodyFeature.Stream => throw new NotSupportedException();

        PipeWriter IHttpResponseBodyFeature.Writer => _answer;

        PipeReader IRequestBodyPipeFeature.Reader => _body;

        public bool Run(WireDispatcher dispatcher)
        {
            _context.Response.Headers.Clear();
            return dispatcher.InvokeAsync(_context).IsCompletedSuccessfully;
        }

        public void Repeat((Dictionary<string, string> Headers, byte[] Body) answer)
        {
            var headers = _context.Response.Headers;
            headers.Clear();
            foreach (var (name, value) in answer.Headers)
            {
                if (name != "Content-Length")
                {
                    headers[name] = value;
                }
            }

            headers.ContentLength = answer.Body.Length;
            _answer.Write(answer.Body);
        }

        public static long AllocatedBy(Action once)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Times; i++)
            {
                once();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        void IHttpResponseBodyFeature.DisableBuffering() => throw new NotSupportedException();

        Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) => throw new NotSupportedException();

        Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        Task IHttpResponseBodyFeature.CompleteAsync() => Task.CompletedTask;
    }

    private sealed class HeldBody(byte[] body) : PipeReader
    {
        private readonly ReadOnlySequence<byte> _sequence = new(body);

        public override bool TryRead(out ReadResult result)
        {
            result = new ReadResult(_sequence, isCanceled: false, isCompleted: true);
            return true;
        }

        public override void AdvanceTo(SequencePosition consumed)
        {
            // The same is read each time.
        }

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => AdvanceTo(consumed);

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override void CancelPendingRead() => throw new NotSupportedException();

        public override void Complete(Exception? exception = null) => throw new NotSupportedException();
    }

    private sealed class HeldAnswer : PipeWriter
    {
        public ReadOnlyMemory<byte> Last { get; private set; }

        public void Write(ReadOnlyMemory<byte> source) => Last = source;

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            Write(source);
            return new ValueTask<FlushResult>(new FlushResult(isCanceled: false, isCompleted: false));
        }

        public override void Advance(int bytes) => throw new NotSupportedException();

        public override Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

        public override Span<byte> GetSpan(int sizeHint = 0) => throw new NotSupportedException();

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override void CancelPendingFlush() => throw new NotSupportedException();

        public override void Complete(Exception? exception = null) => throw new NotSupportedException();
    }
}
