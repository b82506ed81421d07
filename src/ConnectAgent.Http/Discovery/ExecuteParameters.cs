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
        request.FailsWithQueryHeaders = true;
        var limit = request.Query.First("limit");
        var connect = request.Query.First("connect");
        return (
            options,
            limit.Length == 0 ? 0
                : int.TryParse(limit, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var most) ? Math.Max(0, most)
                : throw WireException.Failed($"Bad limit: strconv.Atoi: parsing {GoQuote.Of(limit)}: invalid syntax"),
            connect.Length > 0
                && (GoBool.Parse(connect) ?? throw WireException.Failed($"Error parsing 'connect' value: strconv.ParseBool: parsing {GoQuote.Of(connect)}: invalid syntax")));
    }
}
