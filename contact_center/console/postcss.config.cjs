module.exports = {
  plugins: {
    "postcss-preset-mantine": {},
    "postcss-simple-vars": {
      variables: {
        "bp-phone": "48em",
        "bp-two": "80em",
        "bp-wide": "87.5em",
      },
    },
  },
};
