using System.Globalization;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Discovery;

/// <summary>How a prepared query is executed (services PQ-3, PQ-4).</summary>
internal static class ExecuteParameters
{
    /// <summary>Reads the request, in the order that decides which error wins.</summary>
    /// <exception cref="WireException">What is wrong with it.</exception>
    public static (ReadOptions Options, int Limit, bool Connect) Parse(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        var limit = LimitOf(request.Query.First("limit"));
        var connect = request.Query.First("connect") is { Length: > 0 } word
            && (GoBool.Parse(word) ?? throw WireException.Failed($"Error parsing 'connect' value: strconv.ParseBool: parsing {GoQuote.Of(word)}: invalid syntax"));

        // Only what goes wrong from here on.
        request.FailsWithQueryHeaders = true;
        return (options, limit, connect);
    }

    private static int LimitOf(string text) => text.Length == 0 ? 0
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var most) ? Math.Max(0, most)
        : throw WireException.Failed($"Bad limit: strconv.Atoi: parsing {GoQuote.Of(text)}: invalid syntax");
}
