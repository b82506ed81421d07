using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Filtering;

namespace ConnectAgent.Http.Wire;

/// <summary>Compiles the filter of a list (http-conventions FLT-6, FLT-7).</summary>
internal static class ListFilter
{
    /// <summary>Compiles an expression.</summary>
    /// <returns>Null for an empty one: everything passes.</returns>
    /// <exception cref="ServerException">400 with the reference's prefix; it is found in the work step (HDR-3).</exception>
    public static FilterExpression<T>? Compile<T>(string expression, FilterSchema<T> schema)
    {
        if (expression.Length == 0)
        {
            return null;
        }

        try
        {
            return FilterExpression<T>.Parse(expression, schema);
        }
        catch (FilterException error)
        {
            throw new ServerException(FailureKind.Invalid, FilterException.Prefix + error.Message) { Limit = error.Limit };
        }
    }
}
